"""Routes for a tenant's API keys; all need the scope `admin`."""

from fastapi import Request

from app.api.auth import caller_of, parts_of, router_for
from app.api.openapi import problems
from app.api.resume_ids import parse_id
from app.api.schemas.resume_schemas import Key, Keys, MadeKey, NewKey
from app.pipeline.access.api_keys import issue_key, revoke_key
from app.storage import tenants

router = router_for("admin", "Keys")


@router.get(
    "/v1/keys",
    summary="List keys",
    responses=problems("unauthenticated", "forbidden", "dependency_unavailable"),
)
def list_keys(request: Request) -> Keys:
    """The oldest first, revoked keys included. Only hashes of keys are stored, so the keys themselves cannot be
    shown.
    """
    with parts_of(request).database.reading() as tx:
        rows = tenants.list_keys(tx, caller_of(request).tenant_id)
    return Keys(
        items=[
            Key(
                id=row.id,
                name=row.name,
                prefix=row.prefix,
                scopes=row.scopes,
                created_at=row.created_at,
                revoked_at=row.revoked_at,
            )
            for row in rows
        ]
    )


@router.post(
    "/v1/keys",
    status_code=201,
    summary="Create a key",
    responses=problems("invalid_request", "unauthenticated", "forbidden", "dependency_unavailable"),
)
def make_key(request: Request, new: NewKey) -> MadeKey:
    """The response shows the key only this once; Vitae stores only its hash."""
    made = issue_key(parts_of(request).database, caller_of(request).tenant_id, new.name, sorted(set(new.scopes)))
    return MadeKey(id=made.id, name=new.name, prefix=made.prefix, scopes=made.scopes, key=made.secret)


@router.delete(
    "/v1/keys/{key_id}",
    status_code=204,
    summary="Revoke a key",
    responses=problems("unauthenticated", "forbidden", "not_found", "conflict", "dependency_unavailable"),
)
def delete_key(request: Request, key_id: str) -> None:
    """It takes effect at once. The last key with the scope `admin` cannot be revoked, so that no tenant locks itself
    out.
    """
    revoke_key(parts_of(request).database, caller_of(request).tenant_id, parse_id(key_id, "key"))
