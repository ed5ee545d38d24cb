"""Proofs that nothing is lost and nothing happens twice: each counted, and bounded in time.

Each proof is a module with `async def run(*, seed: int = 0) -> dict[str, Any]`, which answers its
line: `proof`, `tried`, the four counts of bad things (`soak.line.BAD`), and what else it has to
say, in JSON values.
"""
