"""Okta's Python SDK, unmodified, against the org: prints one JSON object with what it saw."""

import asyncio
import json
import os

from okta.client import Client


def checked(result):
    """Calls return (value, response, error)."""
    value, error = result[0], result[-1]
    if error is not None:
        raise SystemExit(f"the SDK reports: {error}")
    return value


async def main():
    client = Client({"orgUrl": os.environ["ORG_URL"], "token": os.environ["ORG_TOKEN"]})
    from okta.models import AddGroupRequest, CreateUserRequest, OktaUserGroupProfile, UserProfile

    seen = {}
    users = checked(await client.list_users(limit=200))
    seen["users"] = sorted(user.profile.login for user in users)
    group = checked(await client.add_group(AddGroupRequest(profile=OktaUserGroupProfile(name="SDK Python", description="made by the SDK"))))
    seen["group"] = group.id
    user = checked(
        await client.create_user(
            CreateUserRequest(
                profile=UserProfile(firstName="Petra", lastName="Python", email="petra@sdk.example", login="petra@sdk.example")
            ),
            activate=False,
        )
    )
    seen["status"] = str(getattr(user.status, "value", user.status))
    checked(await client.assign_user_to_group(group.id, user.id))
    members = checked(await client.list_group_users(group.id))
    seen["members"] = [member.profile.login for member in members]
    checked(await client.unassign_user_from_group(group.id, user.id))
    checked(await client.deactivate_user(user.id))
    checked(await client.delete_user(user.id))
    checked(await client.delete_group(group.id))
    missing = await client.get_user("00u00000000000000000")
    seen["missing"] = missing[-1] is not None
    apps = checked(await client.list_applications())
    seen["apps"] = [app.label for app in apps]
    print(json.dumps(seen))


asyncio.run(main())
