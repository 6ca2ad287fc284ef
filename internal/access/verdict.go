package access

import (
	"fmt"
	"slices"
	"strings"
)

// Holds reports whether the reasons, taken together, allow: every side does, and with it one and the same role in all it says.
func (v Verdict) Holds() bool { return len(v.Deciding()) == 0 }

// Deciding gives the reasons that refuse, less those that follow from them: an authorization or a scope decides only where everything
// else allows, since it was made from the rest. A rule on properties decides alone. Empty where it is allowed.
func (v Verdict) Deciding() []Reason {
	var sides, later, rules []Reason
	for _, r := range v.Reasons {
		switch {
		case r.Allows || r.role > 0:
		case r.rule:
			rules = append(rules, r)
		case r.Side == SideAuthorization || r.Side == SideScope:
			later = append(later, r)
		default:
			sides = append(sides, r)
		}
	}
	if len(rules) > 0 {
		return rules
	}
	if sides = append(sides, v.refusingRoles()...); len(sides) > 0 {
		return sides
	}
	return later
}

// refusingRoles gives what keeps each role from allowing; none where one role allows. Roles that lack less speak for the others: those
// outside whose portfolio the row is, then those without the switch.
func (v Verdict) refusingRoles() []Reason {
	for _, side := range []Side{SidePortfolio, SideSwitch, SideRole} {
		var found []Reason
		for n := 1; ; n++ {
			own, refuse := v.ofRole(n)
			if len(own) == 0 {
				break
			}
			if len(refuse) == 0 {
				return nil
			}
			if first := refuse[0]; first.Side == side || first.Side == SideApp {
				found = append(found, refuse...)
			}
		}
		if len(found) > 0 {
			return found
		}
	}
	return nil
}

// ofRole gives all reasons of one role, and those that refuse.
func (v Verdict) ofRole(n int) (own, refuse []Reason) {
	for _, r := range v.Reasons {
		if r.role != n {
			continue
		}
		if own = append(own, r); !r.Allows {
			refuse = append(refuse, r)
		}
	}
	return own, refuse
}

// Decides reports whether the reason is one of those that decide.
func (v Verdict) Decides(r Reason) bool { return slices.Contains(v.Deciding(), r) }

// Changes says in sentences what would have to change, step by step; alternatives share one. Empty where it is allowed, or where
// nothing helps.
func (v Verdict) Changes() []string {
	var out, roles []string
	reconnect := false
	deciding := v.Deciding()
	for _, r := range deciding {
		switch {
		case r.Fix == "":
		case r.role > 0:
			roles = append(roles, r.Fix)
		default:
			out = append(out, r.Fix)
		}
	}
	if len(roles) > 0 {
		out = append(out, strings.Join(slices.Compact(roles), " "+v.between(deciding)+" "))
	}
	for _, r := range v.Reasons {
		reconnect = reconnect || r.Side == SideAuthorization && !r.Allows && !slices.Contains(deciding, r)
	}
	if reconnect && len(out) > 0 {
		out = append(out, "Then connect again: the authorization does not include it yet.")
	}
	return out
}

// between says how the fixes of roles belong together: what several roles lack are alternatives, what one lacks is all needed.
func (v Verdict) between(deciding []Reason) string {
	first := 0
	for _, r := range deciding {
		if first > 0 && r.role != first { // reasons of roles come last
			return "Or:"
		}
		first = r.role
	}
	return "And:"
}

// Refusal says to the principal which side refuses and what would have to change, as the tail of "You may not …:".
func (v Verdict) Refusal() string {
	deciding := v.Deciding()
	var parties, tails []string
	names := map[Side][]string{}
	for _, r := range deciding {
		names[r.Side] = append(names[r.Side], r.Name)
	}
	for _, side := range []Side{SideClient, SideApp, SideRole} {
		if of, there := names[side]; there {
			parties = append(parties, party(side, of))
		}
	}
	if len(parties) > 0 {
		tails = append(tails, denial(parties))
	}
	for _, r := range deciding {
		switch r.Side {
		case SideSwitch:
			tails = append(tails, fmt.Sprintf("“%s” is off in the role %s; an administrator can turn it on", r.Switch, r.Name))
		case SideAuthorization:
			tails = append(tails, fmt.Sprintf("your authorization of %s does not include it; connect again to add it", r.Name))
		case SideScope:
			tails = append(tails, "this connection asked for a scope that leaves it out; connect again with one that includes it")
		case SideProperty, SideModel:
			tails = append(tails, r.Name+" "+r.Text)
		}
	}
	return strings.Join(tails, "; ")
}

func party(side Side, names []string) string {
	switch {
	case side == SideClient:
		return "the app " + names[0]
	case side == SideApp:
		return "the private app " + names[0]
	case len(names) > 1:
		return "one of your roles " + Listed(names, "and")
	case names[0] == "":
		return "a role"
	}
	return "the role " + names[0]
}

func denial(parties []string) string {
	const who = "; an administrator can"
	if len(parties) > 1 {
		return fmt.Sprintf("neither %s allows it", strings.Join(parties, " nor ")) + who
	}
	if roles, several := strings.CutPrefix(parties[0], "one of your roles "); several {
		return fmt.Sprintf("none of your roles %s allows it", roles) + who
	}
	if parties[0] == "a role" {
		return "you have no role that allows it" + who[:1] + " an administrator can give you one"
	}
	return parties[0] + " does not allow it" + who
}
