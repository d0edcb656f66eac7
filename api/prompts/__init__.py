"""Prompts: texts for models in versions, which labels put into use."""
