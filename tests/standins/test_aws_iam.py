"""The aws stand-in's identities against the double."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from pulumi.runtime.proto import provider_pb2

from standins.aws.access_key import AccessKey
from standins.aws.client import Aws
from standins.aws.group import Group, GroupPolicyAttachment
from standins.aws.policy import Policy
from standins.aws.resources import stand_in
from standins.aws.user import User, UserGroupMembership
from standins.provider.resource import ProviderError
from standins.provider.standin import StandIn
from standins.provider.wire import Plain, Properties, encode
from standins.services.s3 import application
from tests.some import some
from tests.standins.driver import Context, Engine
from tests.standins.services.encrypted import serving_tls


def policy(*actions: str) -> str:
    allowed = [{"Effect": "Allow", "Action": list(actions), "Resource": "arn:aws:s3:::backups/*"}]
    return json.dumps({"Version": "2012-10-17", "Statement": allowed})


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn[Aws]]:
    with serving_tls(application, tmp_path_factory.mktemp("tls")) as (url, authority):
        made = stand_in()
        settings = {
            "region": "eu-west-1",
            "accessKey": "test",
            "secretKey": "test",
            "customCaBundle": str(authority),
            "endpoints": json.dumps([{"iam": url, "sts": url}]),
        }
        made.Configure(provider_pb2.ConfigureRequest(args=encode(Properties(settings))), Context())
        yield made
        made.close()


@pytest.fixture
def user(aws: StandIn[Aws]) -> Iterator[str]:
    name, _ = User(aws).create({"name": "writer"})
    yield name
    User(aws).delete(name, {}, {})


@pytest.fixture
def group(aws: StandIn[Aws]) -> Iterator[str]:
    name, _ = Group(aws).create({"name": "writers"})
    yield name
    Group(aws).delete(name, {}, {})


@pytest.fixture
def arn(aws: StandIn[Aws]) -> Iterator[str]:
    made, _ = Policy(aws).create({"name": "writers", "policy": policy("s3:PutObject", "s3:GetObject")})
    yield made
    Policy(aws).delete(made, {}, {})


def test_each_is_read_back_as_it_was_made_and_gone_after_deletion(
    aws: StandIn[Aws], user: str, group: str, arn: str
) -> None:
    made: list[tuple[Any, Plain]] = [
        (User(aws), {"name": "other", "path": "/backups/", "tags": {"of": "the program"}}),
        (Group(aws), {"name": "others"}),
        (Policy(aws), {"name": "others", "policy": policy("s3:PutObject"), "tags": {"of": "the program"}}),
        (GroupPolicyAttachment(aws), {"group": group, "policyArn": arn}),
        (UserGroupMembership(aws), {"user": user, "groups": [group]}),
        (AccessKey(aws), {"user": user, "status": "Inactive"}),
    ]
    for resource, inputs in some(made):
        resource_id, outputs = resource.create(inputs)

        assert resource.read(resource_id, inputs, outputs) == (inputs, outputs), resource
        assert resource.outputs == outputs.keys()
        resource.delete(resource_id, inputs, outputs)
        after = resource.read(resource_id, inputs, outputs)
        assert after is None or after[0]["groups"] == [], resource
        resource.delete(resource_id, inputs, outputs)


@pytest.mark.parametrize("kind", [User, Group, Policy, AccessKey, GroupPolicyAttachment, UserGroupMembership])
def test_what_hangs_on_somebody_who_is_gone_is_gone(aws: StandIn[Aws], kind: Any) -> None:
    gone = {"user": "nobody", "group": "nobody", "policyArn": "arn:aws:iam::aws:policy/x", "groups": ["nobody"]}

    assert kind(aws).read("nobody/arn:aws:iam::123456789012:policy/x", gone, {}) is None


@pytest.mark.parametrize(
    "written",
    [
        policy("s3:PutObject", "s3:GetObject"),
        policy("s3:GetObject", "s3:PutObject"),
        json.dumps(json.loads(policy("s3:PutObject", "s3:GetObject")), indent=4, sort_keys=True),
    ],
)
def test_how_a_policy_is_written_means_nothing(aws: StandIn[Aws], arn: str, written: str) -> None:
    found = Policy(aws).read(arn, {"name": "writers", "policy": written}, {})

    assert found is not None
    assert found[0]["policy"] == written


def test_a_policy_that_others_changed_is_seen_and_put_right_in_place(aws: StandIn[Aws], arn: str) -> None:
    wanted = {"name": "writers", "policy": policy("s3:PutObject", "s3:GetObject")}
    widened = policy("s3:*")
    aws.client.iam.create_policy_version(PolicyArn=arn, PolicyDocument=widened, SetAsDefault=True)

    seen = Policy(aws).read(arn, wanted, {})
    Policy(aws).update(arn, wanted, wanted, {})
    after = Policy(aws).read(arn, wanted, {})

    assert seen is not None
    assert json.loads(seen[0]["policy"]) == json.loads(widened)
    assert after is not None
    assert after[0] == wanted


def test_a_policy_can_be_changed_more_often_than_iam_keeps_versions(aws: StandIn[Aws], arn: str) -> None:
    for number in range(7):
        inputs = {"name": "writers", "policy": policy(f"s3:Get{number}")}
        Policy(aws).update(arn, inputs, inputs, {})

    assert Policy(aws).read(arn, inputs, {}) == (inputs, Policy(aws)._seen(arn, {}))


def test_tags_come_change_and_go(aws: StandIn[Aws], user: str, arn: str) -> None:
    old, new = {"gone": "1", "changed": "1"}, {"changed": "2", "come": "1"}
    document = policy("s3:PutObject")

    User(aws).update(user, {"name": user, "tags": old}, {"name": user}, {})
    User(aws).update(user, {"name": user, "tags": new}, {"name": user, "tags": old}, {})
    Policy(aws).update(arn, {"policy": document, "tags": old}, {"policy": document}, {})
    Policy(aws).update(arn, {"policy": document, "tags": new}, {"policy": document, "tags": old}, {})

    for resource, resource_id in ((User(aws), user), (Policy(aws), arn)):
        found = resource.read(resource_id, {}, {})
        assert found is not None
        assert found[0]["tags"] == new


def test_a_user_taken_out_of_its_group_is_put_back(aws: StandIn[Aws], user: str, group: str) -> None:
    wanted = {"user": user, "groups": [group]}
    membership = UserGroupMembership(aws)
    resource_id, _ = membership.create(wanted)
    aws.client.iam.remove_user_from_group(UserName=user, GroupName=group)

    seen = membership.read(resource_id, wanted, {})
    assert seen is not None
    membership.update(resource_id, wanted, seen[0], {})

    assert seen[0]["groups"] == []
    assert membership.read(resource_id, wanted, {}) == (wanted, {})


def test_a_key_switched_off_by_others_is_seen_and_switched_on(aws: StandIn[Aws], user: str) -> None:
    key, inputs = AccessKey(aws), {"user": user}
    resource_id, outputs = key.create(inputs)
    aws.client.iam.update_access_key(UserName=user, AccessKeyId=resource_id, Status="Inactive")

    seen = key.read(resource_id, inputs, outputs)
    assert seen is not None
    key.update(resource_id, inputs, seen[0], outputs)
    after = key.read(resource_id, inputs, outputs)
    key.delete(resource_id, inputs, outputs)

    assert seen[0]["status"] == "Inactive"
    assert after == (inputs, outputs)


def test_the_secret_of_a_key_is_secret_in_the_state_and_is_never_read_again(aws: StandIn[Aws], user: str) -> None:
    engine = Engine(aws, AccessKey.handles)
    resource_id, state = engine.create({"user": user})
    engine.provider.client.iam.delete_access_key(UserName=user, AccessKeyId=resource_id)

    assert ("secret",) in state.secrets
    assert len(state.values["secret"]) == 40


@pytest.mark.parametrize(
    ("kind", "old", "new", "replaces"),
    [
        (User, {"name": "a"}, {"name": "a", "tags": {"k": "v"}}, []),
        (Policy, {"name": "a", "policy": "{}"}, {"name": "b", "policy": "{}"}, ["name"]),
        (Policy, {"name": "a", "policy": "{}"}, {"name": "a", "policy": "{ }"}, []),
        (AccessKey, {"user": "a"}, {"user": "b"}, ["user"]),
        (AccessKey, {"user": "a"}, {"user": "a", "status": "Inactive"}, []),
        (GroupPolicyAttachment, {"group": "a", "policyArn": "x"}, {"group": "a", "policyArn": "y"}, ["policyArn"]),
        (UserGroupMembership, {"user": "a", "groups": ["x"]}, {"user": "a", "groups": ["y"]}, []),
    ],
)
def test_what_the_real_plugin_replaces_is_replaced(
    aws: StandIn[Aws], kind: Any, old: Plain, new: Plain, replaces: list[str]
) -> None:
    assert list(Engine(aws, kind.handles).diff(old, new).replaces) == replaces


@pytest.mark.parametrize("kind", [User, Group])
def test_a_rename_is_refused_because_the_id_would_stay(aws: StandIn[Aws], kind: Any) -> None:
    with pytest.raises(ProviderError, match="does not rename"):
        kind(aws).update("writer", {"name": "other"}, {"name": "writer"}, {})
