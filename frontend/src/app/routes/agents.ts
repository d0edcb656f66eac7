import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { shell } from "./root";
import { type Search, texts } from "./search";

const agents = createRoute({
  getParentRoute: () => shell,
  path: "/agents",
  validateSearch: (search: Search): { begin?: string } => texts(search, "begin"),
  component: lazyRouteComponent(() => import("@/features/agents/agents-page"), "AgentsPage"),
});

const agent = createRoute({
  getParentRoute: () => shell,
  path: "/agents/$slug",
  component: lazyRouteComponent(() => import("@/features/agents/agent-page"), "AgentPage"),
});

const chat = createRoute({
  getParentRoute: () => shell,
  path: "/agents/$slug/chat",
  validateSearch: (search: Search): { session?: string } => texts(search, "session"),
  component: lazyRouteComponent(() => import("@/features/chat/chat-page"), "ChatPage"),
});

const knowledge = createRoute({
  getParentRoute: () => shell,
  path: "/knowledge",
  component: lazyRouteComponent(() => import("@/features/knowledge/knowledge-page"), "KnowledgePage"),
});

const knowledgeBase = createRoute({
  getParentRoute: () => shell,
  path: "/knowledge/$slug",
  component: lazyRouteComponent(() => import("@/features/knowledge/base-page"), "BasePage"),
});

const memories = createRoute({
  getParentRoute: () => shell,
  path: "/memories",
  component: lazyRouteComponent(() => import("@/features/knowledge/memories-page"), "MemoriesPage"),
});

const files = createRoute({
  getParentRoute: () => shell,
  path: "/files",
  component: lazyRouteComponent(() => import("@/features/knowledge/files-page"), "FilesPage"),
});

const prompts = createRoute({
  getParentRoute: () => shell,
  path: "/prompts",
  component: lazyRouteComponent(() => import("@/features/prompts/prompts-page"), "PromptsPage"),
});

const prompt = createRoute({
  getParentRoute: () => shell,
  path: "/prompts/$name",
  component: lazyRouteComponent(() => import("@/features/prompts/prompt-page"), "PromptPage"),
});

/** Agents, and what they know and are told. */
export const agentPages = [
  agents,
  agent,
  chat,
  knowledge,
  knowledgeBase,
  memories,
  files,
  prompts,
  prompt,
] as const;
