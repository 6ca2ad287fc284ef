package demo

import (
	"context"
	"fmt"
	"strings"
)

// below creates what hangs off one company.
func (w *writer) below(ctx context.Context, r *dice, c *customer, company string) error {
	contacts, err := w.endUsers(ctx, r, c, company)
	if err != nil {
		return err
	}
	if c.arr > 0 {
		if err := w.licenses(ctx, r, c, company); err != nil {
			return err
		}
		if err := w.assets(ctx, r, c, company); err != nil {
			return err
		}
	}
	if err := w.conversations(ctx, r, c, company, contacts); err != nil {
		return err
	}
	return w.tasks(ctx, r, c, company)
}

var (
	firstNames = strings.Fields("Alma Bruno Chiara Diego Elif Felix Greta Hugo Ines Jakub Keiko Liam Maja Noor Olga Pablo Rosa Sven Tova Umar Vera Wanda Yusuf Zoë")
	lastNames  = strings.Fields("Almeida Brandt Costa Dubois Eriksen Fujita Garcia Hansen Ivanova Jansen Kowalska Larsson Müller Novák Okafor Petit Rossi Svensson Tanaka Urbano Weber Yılmaz")
)

func (w *writer) endUsers(ctx context.Context, r *dice, c *customer, company string) ([]string, error) {
	var ids []string
	for i := range 3 + r.IntN(4) {
		first, last := r.one(firstNames...), r.one(lastNames...)
		id, err := w.create(ctx, "End User", values{
			"companyId": company, "firstName": first, "lastName": last, "primary": i == 0,
			"email":    fmt.Sprintf("%s.%d@%s.example", strings.ToLower(first), i+1, c.slug),
			"position": r.one("Head of operations", "Analyst", "IT manager", "Chief of staff", "Product owner", "Data engineer"),
		})
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}

func (w *writer) licenses(ctx context.Context, r *dice, c *customer, company string) error {
	share := c.arr / float64(len(c.products))
	for _, product := range c.products {
		_, err := w.create(ctx, "License", values{
			"companyId": company, "product": product, "_currency": c.usd, "fromDate": w.day(c.renewsIn - 365), "toDate": w.day(c.renewsIn),
			"fixedPeriod": true, "value": share, "mrr": share / 12, "renewalStatus": "ongoing", "autoRenews": r.chance(60),
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) assets(ctx context.Context, r *dice, c *customer, company string) error {
	for i := range r.IntN(4) {
		_, err := w.create(ctx, "Asset", values{
			"companyId": company, "name": fmt.Sprintf("%s gateway %d", c.city, i+1), "serialNumber": fmt.Sprintf("GW-%04d-%d", c.number, i+1),
			"value": 1200 + 100*r.IntN(20), "_currency": c.usd, "installDate": w.day(-30 - r.IntN(900)), "status": r.one("Active", "Active", "In repair"),
			"ownerId": c.owner,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) conversations(ctx context.Context, r *dice, c *customer, company string, contacts []string) error {
	for range 2 + r.IntN(4) {
		subject := r.one("Quarterly review", "Question about exports", "Onboarding call", "Renewal talk", "Feedback on the new dashboard", "Support follow-up")
		v := values{
			"companyId": company, "subject": subject, "type": r.one("note", "meeting"), "date": w.day(-r.IntN(300)),
			"description": fmt.Sprintf("%s with %s.", subject, c.name), "endusers": []any{contacts[r.IntN(len(contacts))]},
		}
		if c.owner != "" {
			v["users"] = []any{c.owner}
		}
		if _, err := w.create(ctx, "Conversation", v); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) tasks(ctx context.Context, r *dice, c *customer, company string) error {
	for range 1 + r.IntN(5) {
		status := r.one("To Do", "To Do", "in-progress", "done", "done", "blocked", "ignored")
		due := r.IntN(90) - 20
		v := values{
			"companyId": company, "mainType": "task", "status": status, "endTime": w.day(due), "ownerId": c.owner,
			"action": r.one("Prepare the business review", "Send the renewal offer", "Check usage after release", "Introduce the new contact", "Collect a reference", "Plan the training"),
		}
		if status == "done" {
			v["dateDone"] = w.day(min(due, -1))
		}
		if _, err := w.create(ctx, "Task", v); err != nil {
			return err
		}
	}
	return nil
}
