"""Can these numbers be trusted? Every gate measures one thing, against limits in the settings: pass, warn or refuse."""

from tilscope.models.quality.enhancement import check_enhancement
from tilscope.models.quality.gates import Examined, assess

__all__ = ["Examined", "assess", "check_enhancement"]
