"""Composing scenes from cut-outs, photographs and phrases of any origin."""
