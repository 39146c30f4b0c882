"""Publishing: what moves, what breaks, the signature, and who may give it."""

import re
from datetime import date, timedelta

import pytest
from django.urls import reverse

from factory.models import Unit
from scheduling.models import CustomerPromise, Publication, Run
from tests.builders.factory import NOW, an_order
from tests.builders.reading import a_reader, links, table, words
from tests.builders.runs import a_claimed_run
from tests.builders.scheduling import a_base_scenario, a_plan
from tests.builders.world import a_small_world

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
LABEL = "Orders whose date changes"
BROKEN = "Leak sensors: 29 of 116."
TOLD = "Told by phone on Friday."


@pytest.fixture(autouse=True)
def present(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def world():
    return a_small_world()


@pytest.fixture
def planner(world):
    return a_reader(world.site)


def sent(reader, plan, previous="", *acknowledged, **fields):
    """Send the gate's form, as the page has it."""
    return reader.post(
        reverse("publish"),
        {"plan": plan.pk, "previous": previous, "acknowledged": acknowledged}
        | {f"reason-{order}": BROKEN for order in acknowledged}
        | fields,
    )


def signed(page):
    """Return the orders that are ticked in a gate."""
    ticked = r'name="acknowledged" value="([^"]+)" checked'
    return re.findall(ticked, page.content.decode())


def a_late_plan(world, **fields):
    return a_plan(
        world.site,
        dict.fromkeys(world.racks, NOW + 16 * DAY),
        **{"sentence": BROKEN, "limit": "material"} | fields,
    )


@pytest.fixture
def published(world, planner):
    """Put a plan in force that promises 4 December."""
    sent(planner, a_plan(world.site, dict.fromkeys(world.racks, NOW + 10 * DAY)))
    return Publication.objects.get()


def test_without_any_plan_there_is_nothing_to_publish(planner):
    said = words(planner.get(reverse("publish")))

    assert "There is no proposal to publish." in said
    assert "Nothing has been published yet" in said


def test_after_publishing_there_is_nothing_newer(planner, published):
    said = words(planner.get(reverse("publish")))

    assert "There is no proposal to publish." in said
    assert "The plan in force stays in force" in said


def test_the_first_plan_gives_every_rack_its_date(world, planner):
    a_plan(world.site, dict.fromkeys(world.racks, NOW + 10 * DAY))

    page = planner.get(reverse("publish"))

    assert "The first plan: 3 racks get their dates." in words(page)
    assert "No promise breaks" in words(page)
    assert table(page, LABEL) == [
        [
            world.order.number,
            world.order.customer.name,
            "3",
            "–",
            "–",
            "3 Dec",
            "4 Dec",
            "new",
            "",
        ]
    ]


def test_a_broken_promise_stands_first_with_reason_limit_and_owner(
    world, planner, published
):
    plan = a_late_plan(world)

    page = planner.get(reverse("publish"))

    said = words(page)
    for line in (
        "3 racks move against plan 1. 0 racks stay as they are.",
        "1 promise would break",
        f"{world.order.number} {world.order.customer.name} +5 d",
        f"Promised Fri 4 Dec, ships Wed 9 Dec. {BROKEN}",
        "Material TR Tomás Reyes",
        f"I answer for this: Ruth Okafor tells {world.order.customer.name}.",
        "Publish and break 1 promise",
    ):
        assert line in said
    assert table(page, LABEL)[0][3:] == [
        "4 Dec",
        "3 Dec",
        "9 Dec",
        "9 Dec",
        "+5 d",
        "Material",
    ]
    assert f"{reverse('plan')}?plan={plan.pk}" in links(page)


def test_racks_that_ship_at_another_time_are_drawn_with_a_table_twin(
    world, planner, published
):
    a_plan(
        world.site,
        {
            world.racks[0]: NOW + 10 * DAY,
            world.racks[1]: NOW + 8 * DAY,
            world.racks[2]: NOW + 10 * DAY,
        },
    )

    page = planner.get(reverse("publish"))

    assert "1 rack moves against plan 1. 2 racks stay as they are." in words(page)
    assert "The racks that move most" in words(page)
    assert world.racks[1].serial in page.content.decode()
    assert table(page, "Racks by how far they move") == [["1–3", "earlier", "1", "0"]]


def test_nothing_that_moves_is_said_too(world, planner, published):
    a_plan(world.site, dict.fromkeys(world.racks, NOW + 10 * DAY))

    said = words(planner.get(reverse("publish")))

    assert "Nothing moves against plan 1. 3 racks stay as they are." in said
    assert "No order moves" in said


def test_publishing_puts_the_plan_in_force_and_leads_to_control(world, planner):
    plan = a_plan(world.site, dict.fromkeys(world.racks, NOW + 10 * DAY))

    answer = sent(planner, plan, note="After the morning meeting.")
    page = planner.get(answer.headers["Location"])

    publication = Publication.objects.get()
    assert answer.headers["Location"] == reverse("control")
    assert "Plan 1 is in force." in words(page)
    assert (publication.plan, publication.note) == (plan, "After the morning meeting.")
    assert publication.actor == f"user:{publication.by.pk}"
    (promise,) = CustomerPromise.objects.all()
    assert (promise.order, promise.date) == (world.order, date(2026, 12, 4))


def test_an_unsigned_break_publishes_nothing_and_names_the_order(
    world, planner, published
):
    plan = a_late_plan(world)

    page = sent(planner, plan, "1")

    assert page.status_code == 409
    assert f"1 broken promise not acknowledged: {world.order.number}." in words(page)
    assert Publication.objects.get() == published
    assert CustomerPromise.objects.count() == 1


def test_a_signed_break_is_published_with_its_reason(world, planner, published):
    sent(planner, a_late_plan(world), "1", world.order.number)

    newest = Publication.objects.order_by("-number")[0]
    promise = CustomerPromise.objects.order_by("-number")[0]
    assert (newest.number, newest.acknowledged) == (2, [world.order.number])
    assert (promise.date, promise.reason) == (date(2026, 12, 9), BROKEN)


def test_a_form_older_than_the_last_publication_is_refused(world, planner, published):
    plan = a_plan(world.site, dict.fromkeys(world.racks, NOW + 10 * DAY))

    page = sent(planner, plan, "")

    assert "Number 1 has been published since this preview" in words(page)
    assert Publication.objects.get() == published


@pytest.mark.parametrize("plan", ["", "0", "-1", "abc", "9" * 30, "²", "1\0"])
def test_a_plan_that_is_none_is_not_found(planner, published, plan):
    answer = planner.post(reverse("publish"), {"plan": plan, "previous": "1"})

    assert answer.status_code == 404
    assert Publication.objects.get() == published


def test_another_sites_plan_is_not_published_from_here(planner):
    other = a_small_world()
    plan = a_plan(other.site, dict.fromkeys(other.racks, NOW + 10 * DAY))

    assert sent(planner, plan).status_code == 404
    assert "There is no proposal to publish." in words(planner.get(reverse("publish")))
    assert not Publication.objects.exists()


def test_a_note_is_cut_and_cleaned_not_refused(world, planner):
    plan = a_plan(world.site, dict.fromkeys(world.racks, NOW + 10 * DAY))

    sent(planner, plan, note="a\0b" + "x" * 400)

    assert Publication.objects.get().note == "ab" + "x" * 298


@pytest.mark.parametrize("role", ["buyer", "energy_desk", "quality"])
def test_who_does_not_plan_reads_the_gate_and_cannot_pass_it(world, role):
    plan = a_plan(world.site, dict.fromkeys(world.racks, NOW + 10 * DAY))
    reader = a_reader(world.site, role)

    page = reader.get(reverse("publish"))
    answer = sent(reader, plan)

    assert "Planners publish." in words(page)
    assert "Publish this plan" not in words(page)
    assert answer.status_code == 403
    assert not Publication.objects.exists()


def test_an_order_with_a_rack_without_a_plan_says_how_many(world, planner, published):
    first, *others = world.racks
    a_plan(
        world.site,
        {first: None, **dict.fromkeys(others, NOW + 10 * DAY)},
        sentence="Nobody has promised sensors.",
    )

    said = words(planner.get(reverse("publish")))

    assert (
        "Promised Fri 4 Dec, 1 rack without a plan. Nobody has promised sensors."
        in said
    )


def test_more_orders_than_fit_are_counted_in_full(world, planner):
    orders = [an_order(world.site, world.model) for _ in range(3)]
    racks = [*world.racks, *Unit.objects.filter(order__in=orders)]
    a_plan(world.site, dict.fromkeys(racks, NOW + 10 * DAY))

    page = planner.get(reverse("publish"))

    assert "4 orders" in words(page)
    assert len(table(page, LABEL)) == 4


def test_a_signature_without_a_reason_is_no_signature(world, planner, published):
    plan = a_late_plan(world)

    page = sent(
        planner,
        plan,
        "1",
        world.order.number,
        **{f"reason-{world.order.number}": "  "},
    )

    assert f"1 broken promise not acknowledged: {world.order.number}." in words(page)
    assert signed(page) == []
    assert Publication.objects.get() == published


def test_what_was_typed_stays_where_a_signature_is_missing(world, planner):
    other = an_order(world.site, world.model)
    everything = [*world.racks, other.racks.get()]
    sent(planner, a_plan(world.site, dict.fromkeys(everything, NOW + 10 * DAY)))
    plan = a_plan(
        world.site, dict.fromkeys(everything, NOW + 16 * DAY), sentence=BROKEN
    )

    page = sent(
        planner,
        plan,
        "1",
        world.order.number,
        **{f"reason-{world.order.number}": TOLD, "note": "After the meeting."},
    )

    assert f"1 broken promise not acknowledged: {other.number}." in words(page)
    assert TOLD in words(page)
    assert signed(page) == [world.order.number]
    assert 'value="After the meeting."' in page.content.decode()
    assert "no longer needed" not in words(page)


@pytest.mark.parametrize(
    ("days", "is_signed", "said"),
    [
        (16, True, TOLD),
        (15, False, "You signed for another day. Sign again."),
        (10, False, "Typed, and no longer needed"),
    ],
)
def test_what_was_typed_goes_on_to_the_proposal_that_took_the_place(
    world, planner, published, days, is_signed, said
):
    plan = a_late_plan(world)
    a_plan(world.site, dict.fromkeys(world.racks, NOW + days * DAY))

    page = sent(
        planner,
        plan,
        "1",
        world.order.number,
        **{f"reason-{world.order.number}": TOLD},
    )

    assert f"Plan {plan.pk} has been replaced by a newer one." in words(page)
    assert TOLD in words(page)
    assert said in words(page)
    assert signed(page) == [world.order.number] * is_signed
    assert Publication.objects.get() == published


def test_what_the_plan_before_suggested_was_not_typed(world, planner, published):
    plan = a_late_plan(world)
    a_late_plan(world, sentence="The site's power is full.")

    page = sent(planner, plan, "1", world.order.number)

    assert BROKEN not in words(page)
    assert "The site's power is full." in words(page)


def test_what_was_typed_is_shown_where_nothing_is_left_to_publish(
    world, planner, published
):
    plan = a_late_plan(world)
    sent(planner, plan, "1", world.order.number)

    page = sent(
        planner,
        plan,
        "1",
        world.order.number,
        **{f"reason-{world.order.number}": TOLD},
    )

    assert "was already published as number 2." in words(page)
    assert f"{world.order.number} {TOLD}" in words(page)


def test_while_a_run_may_replace_its_plan_nothing_can_be_typed(world, planner):
    run = a_claimed_run(scenario=a_base_scenario(world.site))[0]
    plan = a_plan(world.site, dict.fromkeys(world.racks, NOW + 10 * DAY), run=run)

    page = planner.get(reverse("publish"))

    assert f"Run {run.pk} is still improving plan {plan.pk}." in words(page)
    assert reverse("run", args=[run.pk]) in links(page)
    assert "Publish this plan" not in words(page)


def test_the_reason_given_is_read_by_the_customer_on_one_line(
    world, planner, published
):
    sent(
        planner,
        a_late_plan(world),
        "1",
        world.order.number,
        **{f"reason-{world.order.number}": "Supplier yield;\r\ntold by phone."},
    )

    newest = Publication.objects.order_by("-number")[0]
    promise = CustomerPromise.objects.order_by("-number")[0]
    assert newest.reasons == {world.order.number: "Supplier yield; told by phone."}
    assert promise.reason == "Supplier yield; told by phone."


def test_racks_that_change_are_listed_by_what_happened_to_them(
    world, planner, published
):
    a_plan(
        world.site,
        {
            world.racks[0]: NOW + 10 * DAY,
            world.racks[1]: NOW + 8 * DAY,
            world.racks[2]: None,
        },
    )

    everything = table(planner.get(reverse("publish")), "Racks that change")
    gone = table(planner.get(reverse("publish") + "?kind=gone"), "Racks that change")

    assert {row[0] for row in everything} == {one.serial for one in world.racks[1:]}
    assert [row[0] for row in gone] == [world.racks[2].serial]
    assert [row[3] for row in gone] == ["gone"]


def test_every_publication_is_listed_and_an_earlier_one_can_come_back(
    world, planner, published
):
    sent(planner, a_late_plan(world), "1", world.order.number)

    page = planner.get(reverse("publications"))
    rows = table(page, "Publications")
    answer = planner.post(reverse("publication_back", args=[1]))
    again = planner.post(reverse("publication_back", args=[2]), follow=True)
    nowhere = planner.post(reverse("publication_back", args=[9]), follow=True)

    assert [row[0] for row in rows] == ["Plan 2", "Plan 1"]
    assert BROKEN in rows[0][5]
    run = Run.objects.order_by("-pk")[0]
    assert answer.headers["Location"] == reverse("run", args=[run.pk])
    assert (run.kind, run.favour, run.towards) == ("repair", "moves", published.plan)
    assert "Plan 2 is in force; there is nothing to go back to." in words(again)
    assert "There is no publication 9." in words(nowhere)
    assert Publication.objects.count() == 2
