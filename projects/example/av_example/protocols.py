"""An evaluation protocol."""

from mmavl.evaluation.protocols import PROTOCOLS, Protocol

#: Only what rises above three quarters of the map's range, and success at 0.3 for every level.
STRICT = Protocol('three_quarters', threshold=0.75, success=(0.3,))
PROTOCOLS[STRICT.name] = STRICT
