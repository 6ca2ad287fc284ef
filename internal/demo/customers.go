package demo

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
)

// Companies is how many companies the demo tenant has.
const Companies = 120

// customers creates every company with what hangs off it. The random source is fixed: the same calls give the same data.
func (w *writer) customers(ctx context.Context, people map[string]string) error {
	r := &dice{rand.New(rand.NewPCG(2026, 11))} //nolint:gosec // plausible data, not secrets
	names := companyNames(r)
	for i, name := range names {
		c := newCustomer(w, r, i, name, people)
		id, err := w.create(ctx, "Company", c.values())
		if err != nil {
			return err
		}
		if err := w.below(ctx, r, c, id); err != nil {
			return err
		}
	}
	return nil
}

type dice struct{ *rand.Rand }

func (d *dice) one(of ...string) string { return of[d.IntN(len(of))] }

func (d *dice) chance(percent int) bool { return d.IntN(100) < percent }

func companyNames(r *dice) []string {
	first := strings.Fields("Aldervale Brightwater Cobalt Driftwood Eastbay Fernhollow Granite Harbour Ironleaf Juniper Kestrel Lanternfish Meridian Northgate Oakline Pinecrest Quillon Riverbend Silverfir Tidemark Umberfield Vantage Willowby Yarrow Zephyr")
	second := strings.Fields("Analytics Foods Logistics Robotics Health Energy Textiles Software Mobility Media")
	seen := map[string]bool{}
	var out []string
	for len(out) < Companies {
		name := r.one(first...) + " " + r.one(second...)
		if !seen[name] {
			seen[name] = true
			out = append(out, name)
		}
	}
	return out
}

// customer is one company before it is written.
type customer struct {
	name, slug, owner, coOwner   string
	status, phase, country, city string
	arr                          float64
	health, renewsIn, sinceDays  int
	products                     []any
	w                            *writer
	number                       int
	usd                          string
}

// phases by status, so that the two never contradict each other.
var phases = map[string][]string{
	"prospect": {"Evaluation", "Negotiation"},
	"coming":   {"Onboarding"},
	"customer": {"Onboarding", "Adoption", "Live", "Live", "Expansion"},
	"canceled": {"Offboarding"},
	"lost":     {"Closed"},
}

var places = [][2]string{
	{"Sweden", "Stockholm"}, {"Germany", "Hamburg"}, {"Germany", "München"}, {"France", "Lyon"}, {"United Kingdom", "Leeds"}, {"United States", "Denver"},
	{"United States", "Austin"}, {"Canada", "Montréal"}, {"Japan", "Kyōto"}, {"Spain", "Valencia"}, {"Poland", "Łódź"}, {"Australia", "Hobart"},
}

func newCustomer(w *writer, r *dice, i int, name string, people map[string]string) *customer {
	csms := []string{"carly@northwind.example", "jonas@northwind.example", "sofia@northwind.example"}
	place := places[r.IntN(len(places))]
	c := &customer{
		w: w, number: i + 1, name: name, slug: strings.ToLower(strings.ReplaceAll(name, " ", "-")), usd: "USD",
		country: place[0], city: place[1], health: 2 + r.IntN(9), renewsIn: r.IntN(360) + 5, sinceDays: 60 + r.IntN(1400),
		status: r.one("customer", "customer", "customer", "customer", "customer", "customer", "prospect", "coming", "canceled", "lost"),
	}
	c.phase = r.one(phases[c.status]...)
	switch pick := r.IntN(100); { // Carly has the most, and a few companies have nobody yet
	case pick < 30:
		c.owner = people[csms[0]]
	case pick < 58:
		c.owner = people[csms[1]]
	case pick < 82:
		c.owner = people[csms[2]]
	case pick < 92:
		c.owner = people["marcus@northwind.example"]
	}
	if r.chance(12) {
		if co := people[r.one(csms...)]; co != c.owner {
			c.coOwner = co
		}
	}
	if c.status == "customer" || c.status == "coming" {
		c.arr = float64(r.IntN(240)+6) * 500
		c.products = []any{r.one("Insight", "Pulse")}
		if r.chance(35) {
			c.products = append(c.products, "Forecast")
		}
	}
	return c
}

func (c *customer) values() values {
	v := values{
		"name": c.name, "externalId": fmt.Sprintf("nw-%04d", c.number), "status": c.status, "phase": c.phase,
		"country": c.country, "city": c.city, "web": "https://" + c.slug + ".example", "domains": []any{c.slug + ".example"},
		"description": fmt.Sprintf("%s, based in %s, %s.", c.name, c.city, c.country),
		"owner":       c.owner, "coOwner": c.coOwner, "h": c.health,
	}
	if c.arr > 0 {
		v["arr"], v["mrr"] = c.arr, c.arr/12
		v["renewalDate"], v["renewalArr"] = c.w.day(c.renewsIn), c.arr
		v["customerFrom"], v["products"] = c.w.day(-c.sinceDays), c.products
		v["lastTouch"] = c.w.day(-(c.number * 7 % 45))
	}
	return v
}
