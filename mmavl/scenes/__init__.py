"""Composing scenes out of cut-outs, photographs and phrases, whatever their source."""
