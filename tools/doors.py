"""An import-linter contract: a module is entered from outside only by its doors."""

from typing import Any

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output
from importlinter.domain.helpers import module_expressions_to_modules


class Doors(Contract):
    """`modules` are the packages with a door, `doors` the submodules that others may import."""

    type_name = "doors"

    modules = fields.ListField(subfield=fields.ModuleExpressionField())
    doors = fields.ListField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        houses = self._houses(graph)
        found = [
            (importer, imported)
            for house in houses
            for imported in {house, *graph.find_descendants(house)} - self._open(graph, house)
            for importer in graph.find_modules_that_directly_import(imported)
            if not inside(importer, house)
        ]
        return ContractCheck(kept=not found, metadata={"broken": sorted(found)})

    def render_broken_contract(self, check: ContractCheck) -> None:
        for importer, imported in check.metadata["broken"]:
            output.print_error(f"{importer} -> {imported}")

    def _houses(self, graph: ImportGraph) -> list[str]:
        expressions: Any = self.modules
        found = module_expressions_to_modules(graph=graph, expressions=expressions, as_packages=False)
        # `wutong.network.*` also finds plain files; only packages have a door.
        return sorted(module.name for module in found if graph.find_children(module.name))

    def _open(self, graph: ImportGraph, house: str) -> set[str]:
        names: Any = self.doors
        doors = {f"{house}.{name}" for name in names}
        return {name for door in doors & graph.modules for name in (door, *graph.find_descendants(door))}


def inside(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")
