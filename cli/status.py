"""``loop status`` as text."""

from typing import Any

from interfaces.evidence import Check


def render(found: dict[str, Any]) -> str:
    """A few lines: stacks, dataset, pipeline steps, package, endpoint."""
    lines = [f"{stack['name']:<28} {stack['status']}" for stack in found["stacks"]]
    manifest, execution, package = found.get("manifest"), found.get("execution"), found.get("package")
    if manifest:
        counts = f"{manifest['rows']} rows, {manifest['quarantined']} quarantined"
        lines += ["", f"dataset   {manifest['version']}: {counts}, from drop {manifest['drop']!r}"]
    if execution:
        lines += ["", f"pipeline  {execution['status']} {execution['reason']}".rstrip()]
        for step in execution["steps"]:
            seconds = "" if step["seconds"] is None else f"{step['seconds']:7.2f} s"
            note = " (cached)" if step["cached"] else f" {step['reason']}" if step["reason"] else ""
            lines.append(f"  {step['name']:<18} {step['status']:<10} {seconds}{note}")
    if package:
        lines += ["", f"package   version {package['version']}: {package['approval']}. {package['metadata'].get('verdict_reason', '')}"]
        lines += [f"  {Check(**check).line()}" for check in (found.get("evidence") or {}).get("checks", [])]
    endpoint = found.get("endpoint")
    if endpoint:
        lines += [
            "",
            f"endpoint  {endpoint['name']}: {endpoint['status']} on {endpoint['config']}; {found['captured_records']} captured records",
        ]
    return "\n".join(lines)
