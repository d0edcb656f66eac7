import {
  type Connection,
  type ConnectionState,
  Controls,
  type OnConnectEnd,
  ReactFlow,
  SelectionMode,
  useReactFlow,
} from "@xyflow/react";
import "@xyflow/react/dist/style.css";
import { type DragEvent, type KeyboardEvent, type MouseEvent, useCallback, useMemo, useRef } from "react";
import { Distance } from "@/components/graph/distance";
import { DotGrid } from "@/components/graph/dot-grid";
import { firstView } from "@/components/graph/first-view";
import type { CanvasEdge } from "@/components/graph/flow-edge";
import { usePaintedEdges } from "@/components/live-run/painted-edges";
import type { Flow } from "@/lib/graph/flow";
import type { Layout } from "@/lib/graph/layout";
import { type AddPlace, withRoom } from "./add-menu";
import { CanvasActionsContext, type EdgeEnds } from "./canvas-actions";
import { isStep, withoutExtras } from "./canvas-extras";
import { moved, steppedBy } from "./canvas-moves";
import { connect, disconnect, type Kinds, removeNodes, splitPath } from "./document-edits";
import { containerAt } from "./drop-target";
import classes from "./editor-canvas.module.css";
import { EditorEdge } from "./editor-edge";
import { EditorGroup, EditorNode } from "./editor-node";
import { edit, useEditor } from "./editor-store";
import { GroupNode } from "./group-node";
import { enterEdge, leaveEdge } from "./near-edge";
import { NoteNode } from "./note-node";
import { Overview } from "./overview";
import { useCanvasEdges } from "./use-canvas-edges";
import { type AnyNode, useCanvasNodes } from "./use-canvas-nodes";
import { useDrop } from "./use-drop";
import { useInSight } from "./use-in-sight";

const NODE_TYPES = { step: EditorNode, frame: EditorGroup, note: NoteNode, region: GroupNode };
const EDGE_TYPES = { flow: EditorEdge };
const GRID: [number, number] = [10, 10];
const KEYS = { remove: ["Delete", "Backspace"], more: ["Shift", "Meta", "Control"] };
/** From so many steps on, an overview helps to find one's way. */
const MANY = 15;

interface Props {
  flow: Flow;
  layout: Layout;
  nodes: AnyNode[];
  edges: CanvasEdge[];
  kinds: Kinds;
  /** A kind was dropped from the palette. */
  onDropKind: (kind: string, place: { parent: string | null; at: { x: number; y: number } }) => void;
  /** Somebody wants to choose a step for a place. */
  onAddAt: (place: AddPlace) => void;
}

/** Where the workflow is drawn. */
export function EditorCanvas({ layout, nodes: placed, edges: lines, kinds, onDropKind, onAddAt }: Props) {
  const frame = useRef<HTMLDivElement>(null);
  const canvas = useReactFlow<AnyNode, CanvasEdge>();
  const [nodes, onNodesChange] = useCanvasNodes(placed);
  const { edges, onEdgesChange, only, setDragged } = useCanvasEdges(lines);
  const painted = usePaintedEdges(edges);
  useInSight(frame);
  const places = useAddPlaces(frame, onAddAt);
  const drop = useDrop(kinds, layout);
  const onDragStop = (event: unknown, __: unknown, dragged: AnyNode[]) => {
    setDragged([]);
    if (dragged.length === 0 || drop.onDrop(event, dragged)) return;
    const standing = new Map(canvas.getNodes().map((node) => [node.id, node]));
    edit((document) => moved(document, layout, dragged, standing));
  };
  const onDragStart = (_: unknown, __: unknown, dragged: AnyNode[]) => setDragged(steppedBy(dragged));
  const actions = useActions(kinds, places);
  return (
    <CanvasActionsContext.Provider value={actions}>
      <ReactFlow
        ref={frame}
        aria-label="Workflow"
        className={classes.canvas}
        nodes={nodes}
        edges={painted}
        nodeTypes={NODE_TYPES}
        edgeTypes={EDGE_TYPES}
        onInit={(made) => void made.setViewport(firstView(made.getNodesBounds(placed), frame.current))}
        onNodesChange={onNodesChange}
        onEdgesChange={onEdgesChange}
        onNodeDragStart={onDragStart}
        onNodeDrag={(event, _, dragged) => drop.onDrag(event, dragged)}
        onNodeDragStop={onDragStop}
        onSelectionDragStart={(event, dragged) => onDragStart(event, null, dragged)}
        onSelectionDrag={drop.onDrag}
        onSelectionDragStop={(event, dragged) => onDragStop(event, null, dragged)}
        onDelete={(gone) => edit((document) => without(document, gone, kinds))}
        onConnect={(made) => edit((document) => connected(document, made, kinds))}
        onEdgeMouseEnter={(_, { id }) => enterEdge(id)}
        onEdgeMouseLeave={leaveEdge}
        onConnectEnd={places.behindHandle}
        onReconnect={(old, made) =>
          edit((document) => connected(without(document, { nodes: [], edges: [old] }, kinds), made, kinds))
        }
        isValidConnection={({ source, target }) => splitPath(source).parent === splitPath(target).parent}
        onDragOver={(event) => event.preventDefault()}
        onDrop={(event) => dropped(event, canvas, onDropKind)}
        onDoubleClick={places.onPane}
        onKeyDown={(event) => places.onKey(event, only)}
        onKeyUp={(event) => {
          // Arrow keys have moved what is selected.
          if (event.key.startsWith("Arrow")) onDragStop(event, null, chosenOf(canvas));
        }}
        deleteKeyCode={KEYS.remove}
        multiSelectionKeyCode={KEYS.more}
        selectionKeyCode="Shift"
        selectionMode={SelectionMode.Partial}
        zoomOnDoubleClick={false}
        selectNodesOnDrag={false}
        snapToGrid
        snapGrid={GRID}
        onlyRenderVisibleElements
        elevateNodesOnSelect={false}
        minZoom={0.1}
        maxZoom={1.75}
      >
        <DotGrid />
        <Distance frame={frame} />
        <Controls showInteractive={false} fitViewOptions={{ padding: 0.1, maxZoom: 1 }} />
        {placed.length > MANY && <Overview nodes={placed} />}
      </ReactFlow>
    </CanvasActionsContext.Provider>
  );
}

type Canvas = ReturnType<typeof useReactFlow<AnyNode, CanvasEdge>>;
type Document = Parameters<Parameters<typeof edit>[0]>[0];

function chosenOf(canvas: Canvas): AnyNode[] {
  const chosen = new Set(useEditor.getState().selected);
  return canvas.getNodes().filter(({ id }) => chosen.has(id));
}

function connected(document: Document, { source, sourceHandle, target }: Connection, kinds: Kinds): Document {
  return connect(document, source, sourceHandle ?? "out", target, kinds);
}

/** One change for all that goes at once, so that it comes back at once. */
function without(
  document: Document,
  gone: { nodes: AnyNode[]; edges: CanvasEdge[] },
  kinds: Kinds,
): Document {
  const ids = gone.nodes.map(({ id }) => id);
  const cut = gone.edges.reduce(
    (rest, { source, sourceHandle, target }) =>
      disconnect(rest, source, sourceHandle ?? "out", target, kinds),
    document,
  );
  return withoutExtras(removeNodes(cut, ids.filter(isStep), kinds), ids);
}

function dropped(event: DragEvent, canvas: Canvas, onDropKind: Props["onDropKind"]): void {
  const kind = event.dataTransfer.getData("application/x-perdure-kind");
  if (!kind) return;
  event.preventDefault();
  const at = canvas.screenToFlowPosition({ x: event.clientX, y: event.clientY });
  const parent = containerAt(canvas.getIntersectingNodes({ ...at, width: 1, height: 1 }));
  onDropKind(kind, { parent, at });
}

function useActions(
  kinds: Kinds,
  { inEdge, fill }: Pick<ReturnType<typeof useAddPlaces>, "inEdge" | "fill">,
) {
  return useMemo(
    () => ({
      fill,
      insert: inEdge,
      remove: ({ source, port, target }: EdgeEnds) =>
        edit((document) => disconnect(document, source, port, target, kinds)),
    }),
    [kinds, inEdge, fill],
  );
}

/** Where a step may be chosen for: behind a port, in an edge, on empty ground, behind what is selected. */
function useAddPlaces(frame: React.RefObject<HTMLDivElement | null>, onAddAt: Props["onAddAt"]) {
  const canvas = useReactFlow<AnyNode, CanvasEdge>();
  const open = useCallback(
    (client: { x: number; y: number }, more: Omit<AddPlace, "screen">) => {
      const bounds = frame.current?.getBoundingClientRect();
      if (!bounds) return;
      const screen = { x: client.x - bounds.left, y: client.y - bounds.top };
      onAddAt({ screen: withRoom(screen, bounds), ...more });
    },
    [frame, onAddAt],
  );
  const inEdge = useCallback(
    (edge: EdgeEnds, client: { x: number; y: number }) => open(client, { edge }),
    [open],
  );
  const fill = useCallback(
    (parent: string, client: { x: number; y: number }) => open(client, { parent }),
    [open],
  );
  const behindHandle: OnConnectEnd = (event, state) => {
    const client = "clientX" in event ? { x: event.clientX, y: event.clientY } : null;
    const from = sourceIn(state);
    if (client && from) open(client, { after: from, at: canvas.screenToFlowPosition(client) });
  };
  const onPane = (event: MouseEvent) => {
    if (!(event.target as HTMLElement).classList.contains("react-flow__pane")) return;
    const client = { x: event.clientX, y: event.clientY };
    open(client, { at: canvas.screenToFlowPosition(client) });
  };
  const onKey = (event: KeyboardEvent, edge: CanvasEdge | undefined) => {
    if (event.key !== "Tab" || event.shiftKey) return;
    const target = event.target as HTMLElement;
    const [path] = useEditor.getState().selected;
    const { bottom, left, width } = target.getBoundingClientRect();
    const client = { x: left + width / 2, y: bottom + 10 };
    if (edge) inEdge({ source: edge.source, port: edge.sourceHandle ?? "out", target: edge.target }, client);
    else if (path !== undefined && isStep(path) && target.dataset.id === path)
      open(client, { after: { path } });
    else return;
    event.preventDefault();
  };
  return { inEdge, fill, behindHandle, onPane, onKey };
}

/** The port from which a line was drawn to nowhere. */
function sourceIn(
  state: Pick<ConnectionState, "fromNode" | "fromHandle" | "toNode">,
): AddPlace["after"] | null {
  const { fromNode, fromHandle, toNode } = state;
  if (toNode || !fromNode || fromHandle?.type !== "source") return null;
  return { path: fromNode.id, port: fromHandle.id ?? "out" };
}
