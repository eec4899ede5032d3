"""Merge policies on JSON values.

Two changes to one record that meet in the buffer are combined with the same rules
by which a change meets the stored value; so it does not matter how many of them
were combined before they reached the store.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, Union, cast, get_args, get_origin

from pydantic import PydanticUserError, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import PydanticSerializationError, to_json

from hookwright.hookspecs import Merge, RecordType

from ..errors import RecordError

Document = dict[str, Any]
_SETS = (set, frozenset)
_LISTS = (list, tuple)


class FieldRule:
    """How one field takes a change."""

    def __init__(self, owner: str, name: str, field: FieldInfo, policy: Merge) -> None:
        self.name = name
        self.policy = policy
        self.is_set = collection_kind(field.annotation) == "set"
        self._owner = owner
        self._adapter: TypeAdapter[Any] = TypeAdapter(cast("Any", field.annotation))
        self.default = self._default_of(field)
        self._check_policy(field.annotation)

    def to_json_value(self, value: object) -> Any:
        """Return a change's value as JSON.

        :raises RecordError: the field cannot hold it.
        """
        try:
            if self.policy is Merge.SUM:
                return self._number(value)
            if self.policy is Merge.UNION and value is not None:
                if isinstance(value, str | bytes) or not isinstance(value, Iterable):
                    raise self._refuse(value, "give a set, list or tuple")
                value = list(value)
            checked = self._adapter.validate_python(value)
            found = self._adapter.dump_python(checked, mode="json", warnings=False)
            to_json(found)  # a lone surrogate is text to Python and none to JSON
        except (ValidationError, PydanticSerializationError) as error:
            raise self._refuse(value, first_error(error)) from error
        return sort_json(found) if self.is_set and isinstance(found, list) else found

    def meet(self, old: Any, new: Any) -> Any:
        """Return what becomes of the value old when the change new reaches it."""
        match self.policy:
            case Merge.FIRST:
                return new if old is None or old == self.default else old
            case Merge.SUM:
                return (old or 0) + (new or 0)
            case Merge.UNION:
                return self._union(old or [], new or [])
            case Merge.MAX | Merge.MIN:
                return self._extreme(old, new)
            case _:
                return new

    def _union(self, old: list[Any], new: list[Any]) -> list[Any]:
        seen = {to_json(item): item for item in old}
        for item in new:
            seen.setdefault(to_json(item), item)
        return sort_json(seen.values()) if self.is_set else list(seen.values())

    def _extreme(self, old: Any, new: Any) -> Any:
        if old is None or new is None:
            return new if old is None else old
        choose: Callable[..., Any] = max if self.policy is Merge.MAX else min
        if isinstance(old, int | float) and isinstance(new, int | float):
            return choose(old, new)
        # Times and the like do not sort by their JSON text.
        read = self._adapter.validate_python
        return choose((old, new), key=read)

    def _number(self, value: object) -> int | float:
        if isinstance(value, int | float) and not isinstance(value, bool):
            if value != value or value in (float("inf"), float("-inf")):
                raise self._refuse(value, "give a finite number")
            return value
        raise self._refuse(value, "give the difference as a number")

    def _default_of(self, field: FieldInfo) -> Any:
        if field.is_required() or field.default_factory_takes_validated_data:
            return None
        default = field.get_default(call_default_factory=True)
        try:
            found = self._adapter.dump_python(default, mode="json", warnings=False)
        except PydanticSerializationError:
            return None
        return sort_json(found) if self.is_set and isinstance(found, list) else found

    def _check_policy(self, annotation: Any) -> None:
        fits = {
            Merge.UNION: collection_kind(annotation) is not None,
            Merge.SUM: bool({int, float} & set(alternatives(annotation))),
        }
        if not fits.get(self.policy, True):
            needs = "a set, list or tuple" if self.policy is Merge.UNION else "a number"
            raise RecordError(
                f"record type {self._owner!r}: field {self.name} merges by "
                f"{self.policy.value} and must be {needs}"
            )

    def _refuse(self, value: object, reason: str) -> RecordError:
        return RecordError(
            f"{self._owner}.{self.name} cannot take {type(value).__name__} "
            f"{value!r:.80}: {reason}"
        )


class MergeRules:
    """How each field of one record type takes a change."""

    def __init__(self, record_type: RecordType[Any]) -> None:
        self._name = record_type.name
        self.fields: Mapping[str, FieldRule] = {
            name: self._rule(record_type, name, field)
            for name, field in record_type.model.model_fields.items()
        }
        self.set_fields = tuple(
            name for name, rule in self.fields.items() if rule.is_set
        )

    def changes(self, values: Mapping[str, object]) -> Document:
        """Return a plugin's changes as JSON values.

        :raises RecordError: a field is unknown or cannot hold its value.
        """
        unknown = sorted(set(values) - set(self.fields))
        if unknown:
            raise RecordError(
                f"{self._name} has no field {', '.join(unknown)}; it has "
                f"{', '.join(self.fields)}"
            )
        return {
            name: self.fields[name].to_json_value(value)
            for name, value in values.items()
        }

    def combine(self, first: Document, second: Document) -> Document:
        """Return the one change that does what first and then second do."""
        combined = dict(first)
        for name, new in second.items():
            combined[name] = (
                self._meet(name, first[name], new) if name in first else new
            )
        return combined

    def apply(self, document: Document, changes: Document) -> Document:
        """Return the record's document with the changes merged into it."""
        merged = dict(document)
        for name, new in changes.items():
            rule = self.fields.get(name)
            old = document.get(name, rule.default if rule else None)
            merged[name] = self._meet(name, old, new)
        return merged

    def _meet(self, name: str, old: Any, new: Any) -> Any:
        rule = self.fields.get(name)
        return new if rule is None else rule.meet(old, new)

    @staticmethod
    def _rule(record_type: RecordType[Any], name: str, field: FieldInfo) -> FieldRule:
        policy = record_type.merge.get(name, Merge.LAST)
        try:
            return FieldRule(record_type.name, name, field, policy)
        except PydanticUserError as error:
            raise RecordError(
                f"record type {record_type.name!r}: field {name} has a type that "
                f"cannot be stored: {error.message}"
            ) from error


def alternatives(annotation: Any) -> tuple[Any, ...]:
    """Return the types that an annotation allows, without None."""
    if get_origin(annotation) in (Union, types.UnionType):
        found = (alternatives(part) for part in get_args(annotation))
        return tuple(part for parts in found for part in parts)
    return () if annotation is type(None) else (annotation,)


def collection_kind(annotation: Any) -> Literal["set", "list"] | None:
    """Return what kind of collection an annotation allows."""
    for part in alternatives(annotation):
        origin = get_origin(part) or part
        if origin in _SETS:
            return "set"
        if origin in _LISTS:
            return "list"
    return None


def sort_json(items: Iterable[Any]) -> list[Any]:
    """Return JSON values in an order that does not depend on the process."""
    found = list(items)
    try:
        return sorted(found)
    except TypeError:
        return sorted(found, key=to_json)


def first_error(error: ValidationError | PydanticSerializationError) -> str:
    """Return what is wrong, without the value, which may be long."""
    if isinstance(error, PydanticSerializationError):
        return str(error).removeprefix("Error serializing to JSON: ")
    first = error.errors(include_url=False, include_input=False, include_context=False)
    place = ".".join(str(part) for part in first[0]["loc"])
    return f"{place}: {first[0]['msg']}" if place else first[0]["msg"]
