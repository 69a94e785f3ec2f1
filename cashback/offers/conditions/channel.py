"""How a purchase came: who told it, and whether it was made in store or online."""

from typing import ClassVar, Literal

from pydantic import Field

from cashback.offers.conditions.lists import Codes, wanted_of
from cashback.offers.kinds import ConditionKind, Explainer, FormField, Surroundings, Test, TrailEntry
from cashback.offers.schemas import Spend
from cashback.offers.wording import Texts, Tongue

IN_STORE = "in_store"
"""What a purchase counts as where the network does not tell: the shops of a centre are places."""

_CHANNELS = {IN_STORE: Texts("in store", "en boutique"), "online": Texts("online", "en ligne")}


class Networks(ConditionKind):
    """The purchase was told by one of the sources named."""

    kind: Literal["networks"]
    networks: Codes = Field(description="Who told the purchase: a provider's name, such as fidel or visa.")

    title: ClassVar = Texts("Told by these sources", "Signalé par ces sources")
    hint: ClassVar = Texts(
        "The provider that watches the shopper's card.", "Le fournisseur qui suit la carte du client."
    )
    form: ClassVar = (
        FormField("networks", "networks", Texts("Sources", "Sources"), Texts("At least one.", "Au moins une.")),
    )
    says: ClassVar = {
        "ok": Texts("Told by {got}", "Achat signalé par {got}"),
        "no": Texts(
            "Only purchases told by {wanted}: this one was told by {got}",
            "Seulement les achats signalés par {wanted}\u00a0: celui-ci l'a été par {got}",
        ),
    }

    @classmethod
    def words(cls, entry: TrailEntry, tongue: Tongue) -> dict[str, str]:
        """The sources, as the proper names they are."""
        wanted = [code.capitalize() for code in entry["wanted"]]
        return {
            "wanted": tongue.either(wanted, count=entry["wanted_count"]),
            "got": entry["got"].capitalize(),
        }

    def test(self, around: Surroundings) -> Test:  # noqa: ARG002 - needs nothing around it
        """Membership of one set."""
        networks = frozenset(self.networks)
        return lambda spend: spend.network in networks

    def explainer(self, around: Surroundings) -> Explainer:  # noqa: ARG002
        """`{"kind", "ok", "wanted", "wanted_count", "got"}` with the codes of the sources."""
        networks, known = frozenset(self.networks), wanted_of(self.name(), self.networks)
        return lambda spend: {**known, "ok": spend.network in networks, "got": spend.network}


class Channel(ConditionKind):
    """The purchase was made in store, or online. Where the network does not tell, it counts as made in store."""

    kind: Literal["channel"]
    channel: Literal["in_store", "online"] = Field(
        description="A purchase of which the network does not tell counts as made in store."
    )

    title: ClassVar = Texts("In store or online", "En boutique ou en ligne")
    hint: ClassVar = Texts(
        "Many networks do not tell: such a purchase counts as made in store, because shops of a centre are places.",
        "Beaucoup de réseaux ne le précisent pas\u00a0: un tel achat compte comme fait en boutique, "
        "car les boutiques d'un centre sont des lieux.",
    )
    form: ClassVar = (
        FormField(
            "channel",
            "channel",
            Texts("Channel", "Canal"),
            Texts("Not told counts as in store.", "Sans précision, l'achat compte comme fait en boutique."),
        ),
    )
    says: ClassVar = {
        "ok": Texts("Bought {got}", "Achat {got}"),
        "no": Texts("Only {wanted}: you bought {got}", "Seulement {wanted}\u00a0: vous avez acheté {got}"),
        "assumed": Texts(
            "Counts as bought {got}: the network does not tell",
            "Compte comme un achat {got}\u00a0: le réseau ne le précise pas",
        ),
        "not_told": Texts(
            "Only {wanted}: the network does not tell, so this counts as bought {got}",
            "Seulement {wanted}\u00a0: le réseau ne le précise pas, l'achat compte donc comme fait {got}",
        ),
    }

    @classmethod
    def words(cls, entry: TrailEntry, tongue: Tongue) -> dict[str, str]:
        """Both channels in words."""
        return {field: _CHANNELS[entry[field]].said(tongue.language) for field in ("wanted", "got")}

    def test(self, around: Surroundings) -> Test:  # noqa: ARG002 - needs nothing around it
        """One comparison."""
        if self.channel == IN_STORE:
            return lambda spend: spend.channel is None or spend.channel == IN_STORE
        return lambda spend: spend.channel == "online"

    def explainer(self, around: Surroundings) -> Explainer:
        """`{"kind", "ok", "wanted", "got"}`.

        Where the network does not tell, also `"assumed": true` and the reason: `assumed` where that is enough,
        `not_told` where it is not.
        """
        test = self.test(around)
        known: TrailEntry = {"kind": self.name(), "wanted": self.channel}

        def explain(spend: Spend) -> TrailEntry:
            ok = test(spend)
            if spend.channel is None:
                reason = "assumed" if ok else "not_told"
                return {**known, "ok": ok, "reason": reason, "got": IN_STORE, "assumed": True}
            return {**known, "ok": ok, "got": spend.channel}

        return explain
