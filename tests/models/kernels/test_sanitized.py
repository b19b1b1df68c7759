"""The kernels under the sanitizers of addresses and of undefined behaviour, fed with random bytes.

Each `fuzz_*.c` is a libFuzzer target: with clang, `-fsanitize=fuzzer,address,undefined` instead of `random_bytes.c` searches on.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
KERNELS = HERE.parents[2] / "models" / "kernels"
SANITIZERS = ("-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
STRICT = ("-std=c11", "-Wall", "-Wextra", "-Wconversion", "-Wno-sign-conversion", "-Werror", "-pedantic")
TURNS = 3000

COMPILER = shutil.which(os.environ.get("CC", "cc"))

pytestmark = pytest.mark.skipif(COMPILER is None, reason="no C compiler on this machine")


@pytest.mark.parametrize("target", sorted(HERE.glob("fuzz_*.c")), ids=lambda path: path.stem)
def test_no_input_leads_it_beyond_its_arrays(target: Path, tmp_path: Path) -> None:
    topic = KERNELS / target.name.removeprefix("fuzz_")
    program = tmp_path / target.stem
    sources = [target, HERE / "random_bytes.c", topic]
    command = [str(COMPILER), *STRICT, *SANITIZERS, f"-I{KERNELS}", *map(str, sources), "-lm", "-o", str(program)]
    subprocess.run(command, check=True, timeout=120)
    done = subprocess.run([program, str(TURNS)], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr


def test_every_kernel_has_a_fuzz_target() -> None:
    assert {path.name for path in KERNELS.glob("*.c")} == {
        path.name.removeprefix("fuzz_") for path in HERE.glob("fuzz_*.c")
    }


def test_a_step_beyond_an_array_is_seen(tmp_path: Path) -> None:
    """Else the sanitizers would prove nothing."""
    wrong = tmp_path / "wrong.c"
    wrong.write_text(
        "#include <stdlib.h>\nint main(int n, char **w) { (void)w; int *a = malloc(4); a[n] = 1; free(a); return 0; }\n"
    )
    subprocess.run([str(COMPILER), *SANITIZERS, str(wrong), "-o", str(tmp_path / "wrong")], check=True, timeout=120)
    done = subprocess.run([tmp_path / "wrong"], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode != 0
    assert "runtime error" in done.stderr or "AddressSanitizer" in done.stderr
