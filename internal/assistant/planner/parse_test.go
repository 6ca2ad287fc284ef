package planner

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
)

// short writes a question compactly: intent, model, conditions, order, limit.
func short(q *Question) string {
	var b strings.Builder
	fmt.Fprint(&b, [...]string{"list", "count", "show", "value", "whoami"}[q.Intent])
	if q.Model != nil {
		fmt.Fprint(&b, " ", q.Model.Name)
	}
	if q.Name != "" {
		fmt.Fprintf(&b, " “%s”", q.Name)
	}
	for _, n := range q.Where {
		fmt.Fprint(&b, " [", shortNode(n), "]")
	}
	for _, s := range q.Sort {
		sign := "+"
		if s.Descending {
			sign = "-"
		}
		fmt.Fprint(&b, " ", sign, s.Property.Name)
	}
	if q.Limit > 0 {
		fmt.Fprint(&b, " limit ", q.Limit)
	}
	if q.All {
		fmt.Fprint(&b, " all")
	}
	if q.Search != "" {
		fmt.Fprint(&b, " search “", q.Search, "”")
	}
	for _, c := range q.Columns {
		fmt.Fprint(&b, " .", c.Name)
	}
	return b.String()
}

func shortNode(n *Node) string {
	join := func(list []*Node, sep string) string {
		parts := make([]string, len(list))
		for i, c := range list {
			parts[i] = shortNode(c)
		}
		return strings.Join(parts, sep)
	}
	switch {
	case n.Any != nil:
		return join(n.Any, " | ")
	case n.All != nil:
		return join(n.All, " & ")
	case n.Not != nil:
		return "not(" + shortNode(n.Not) + ")"
	}
	name := ""
	if n.Property != nil {
		name = n.Property.Name
	}
	for i, p := range n.Maybe {
		if i > 0 {
			name += "/"
		}
		name += p.Name
	}
	switch {
	case n.Names != nil:
		return name + " " + n.Op + " @" + strings.Join(n.Names, ",@")
	case n.Value == nil:
		return name + " " + n.Op
	}
	v, _ := json.Marshal(n.Value)
	return name + " " + n.Op + " " + string(v)
}

var readable = []struct{ question, want string }{
	// the ones people begin with
	{"List the Companies where Carly is the Owner", "list Company [owner eq @Carly]"},
	{"list the companies where the owner is Carly.", "list Company [owner eq @Carly]"},
	{"list companies owned by Carly", "list Company [owner eq @Carly]"},
	{"companies Carly owns", "list Company [owner eq @Carly]"},
	{"which companies does Carly Lindgren own?", "list Company [owner eq @Carly Lindgren]"},
	{"Carly's companies", "list Company [owner eq @Carly]"},
	{"my companies", "list Company [owner eq @me]"},
	{"show me all my open tasks please", "list Task [ownerId eq @me] [status not_in [\"done\",\"ignored\"]] all"},
	{"companies owned by Carly or Bob Stone", "list Company [owner in @Carly,@Bob Stone]"},
	{"companies not owned by Carly", "list Company [owner ne @Carly]"},
	{"companies where Carly is not the owner", "list Company [owner ne @Carly]"},
	{"companies where the owner is not Carly", "list Company [owner ne @Carly]"},
	{"companies without an owner", "list Company [owner empty]"},
	{"companies with no owner", "list Company [owner empty]"},
	{"companies with an owner", "list Company [owner not_empty]"},
	{"companies where owner is empty", "list Company [owner empty]"},
	{"companies where the phase is not set", "list Company [phase empty]"},
	// conditions
	{"companies where status is customer and arr over 10000 sorted by arr descending", `list Company [status eq "customer"] [arr gt 10000] -arr`},
	{"companies with status customer", `list Company [status eq "customer"]`},
	{"companies whose status is lost or canceled", `list Company [status in ["lost","canceled"]]`},
	{"companies where status is lost, canceled or prospect", `list Company [status in ["lost","canceled","prospect"]]`},
	{"companies where status is not lost", `list Company [status ne "lost"]`},
	{"customers with arr at least 1.5m", `list Company [status eq "customer"] [arr gte 1500000]`},
	{"lost companies", `list Company [status eq "lost"]`},
	{"which companies are customers", `list Company [status eq "customer"]`},
	{"companies that are not lost", `list Company [status ne "lost"]`},
	{"companies with more than 10,000 arr", `list Company [arr gt 10000]`},
	{"companies with health below 4", `list Company [h lt 4]`},
	{"companies where arr>10000 and arr<=20k", `list Company [arr gt 10000] [arr lte 20000]`},
	{"companies with arr between 5k and 10k", `list Company [arr gte 5000 & arr lte 10000]`},
	{"companies with arr not over 5000", `list Company [not(arr gt 5000)]`},
	{"companies where arr is 10000 or more", `list Company [arr gte 10000]`},
	{"companies where status is customer or arr over 5000 and phase is Live", `list Company [status eq "customer" | arr gt 5000] [phase eq "Live"]`},
	{"companies in phase Onboarding", `list Company [phase eq "Onboarding"]`},
	{"companies where phase is Live or Growth", `list Company [phase in ["Live","Growth"]]`},
	{"companies in sector Information Technology", `list Company [custom.Sector eq "Information Technology"]`},
	{"companies in sector Information Technology owned by Carly", `list Company [custom.Sector eq "Information Technology"] [owner eq @Carly]`},
	{"companies where sector is Health Care sorted by name", `list Company [custom.Sector eq "Health Care"] +name`},
	{`companies where name contains "and"`, `list Company [name contains "and"]`},
	{"companies named Johnson and Johnson", `list Company [name contains "Johnson and Johnson"]`},
	{"companies starting with A", `list Company [name starts_with "A"]`},
	{"companies that are independent", `list Company [orgIndependent eq true]`},
	{"companies where auto renews is no", `list Company [autoRenews eq false]`},
	{"archived end users", `list End User [archived eq true]`},
	{"inactive users", `list User [inactive eq true]`},
	{"companies with tag VIP", ""},
	{"companies where tags contain VIP", `list Company [tags contains "VIP"]`},
	{"conversations about pricing", `list Conversation search “pricing”`},
	{"conversations that are open", `list Conversation [isOpen eq true]`},
	{"email conversations with Acme", ""},
	{"tasks that are in progress", `list Task [status eq "in-progress"]`},
	{"weekly tasks", `list Task [repeat eq "weekly"]`},
	// links
	{"which end users work at Acme", "list End User [companyId/ eq @Acme]"},
	{"end users of Acme", "list End User [companyId/ eq @Acme]"},
	{"contacts at the company Acme", "list End User [companyId eq @Acme]"},
	{"Acme's end users", "list End User [companyId/ eq @Acme]"},
	{"how many end users does Acme have", "count End User [companyId/ eq @Acme]"},
	{"tasks of Acme due before 2026-12-31", `list Task [companyId/ownerId eq @Acme] [endTime lt "2026-12-31"]`},
	{"tasks for Bank of America and due this week", `list Task [companyId/ownerId eq @Bank of America] [endTime gte "2026-11-23" & endTime lt "2026-11-30"]`},
	{`tasks of "Johnson and Johnson"`, "list Task [companyId/ownerId eq @Johnson and Johnson]"},
	{"tasks assigned to Bob Stone that are open", `list Task [ownerId eq @Bob Stone] [status not_in ["done","ignored"]]`},
	{"tasks where company is Acme", "list Task [companyId eq @Acme]"},
	{"conversations from last week", `list Conversation [date gte "2026-11-16" & date lt "2026-11-23"]`},
	// counts
	{"how many tasks are open", `count Task [status not_in ["done","ignored"]]`},
	{"How many open tasks are there?", `count Task [status not_in ["done","ignored"]]`},
	{"count companies", "count Company"},
	{"how many companies do we have", "count Company"},
	{"number of licenses", "count License"},
	{"how many tasks are overdue", `count Task [status not_in ["done","ignored"] & endTime lt "2026-11-23"]`},
	{"how many tasks are done or ignored", `count Task [status in ["done","ignored"]]`},
	// one record
	{"show company Acme", "show Company “Acme”"},
	{"open the company Bank of America", "show Company “Bank of America”"},
	{"tell me about end user Jane Doe", "show End User “Jane Doe”"},
	{"company Acme", "show Company “Acme”"},
	{"show company McDonald's", "show Company “McDonald's”"},
	{"show task 66ab00000000000000000001", "show Task “66ab00000000000000000001”"},
	{"show Acme", "show “Acme”"},
	{"who is Carly", "show “Carly”"},
	{"what is the arr of Acme", "value Company “Acme” .arr"},
	{"what is Acme's renewal date?", "value Company “Acme” .renewalDate"},
	{"who owns Acme?", "value Company “Acme” .owner"},
	{"who is the owner of company Acme", "value Company “Acme” .owner"},
	{"what is the email of end user Jane Doe", "value End User “Jane Doe” .email"},
	{"list the name, status and arr of companies owned by Carly", "list Company [owner eq @Carly] .name .status .arr"},
	{"who am i", "whoami"},
	{"Who am I?", "whoami"},
	// order
	{"top 5 companies by arr", "list Company -arr limit 5"},
	{"bottom 3 companies by health", "list Company +h limit 3"},
	{"the 10 largest companies by arr", "list Company -arr limit 10"},
	{"first 7 companies by name", "list Company +name limit 7"},
	{"which company has the highest arr", "list Company -arr limit 1"},
	{"companies sorted by status, then arr desc", "list Company +status -arr"},
	{"companies by name", "list Company +name"},
	{"5 newest conversations", "list Conversation -date limit 5"},
	{"companies limit 3", "list Company limit 3"},
	{"all companies", "list Company all"},
	{"companies", "list Company"},
	{"list customers", `list Company [status eq "customer"]`},
	// dates
	{"companies with renewal in the next 90 days", `list Company [renewalDate gte "2026-11-23" & renewalDate lt "2027-02-22"]`},
	{"companies renewing this quarter", `list Company [renewalDate gte "2026-10-01" & renewalDate lt "2027-01-01"]`},
	{"companies where renewal date is before 2027-01-01", `list Company [renewalDate lt "2027-01-01"]`},
	{"companies created after 2026-01-01", `list Company [createdAt gte "2026-01-02"]`},
	{"companies created in 2026", `list Company [createdAt gte "2026-01-01" & createdAt lt "2027-01-01"]`},
	{"companies created since march 2026", `list Company [createdAt gte "2026-03-01"]`},
	{"companies with last touch more than 30 days ago", `list Company [lastTouch lt "2026-10-24"]`},
	{"companies not contacted", ""},
	{"tasks due today", `list Task [endTime gte "2026-11-23" & endTime lt "2026-11-24"]`},
	{"tasks due tomorrow", `list Task [endTime gte "2026-11-24" & endTime lt "2026-11-25"]`},
	{"tasks due by 31 december 2026", `list Task [endTime lt "2027-01-01"]`},
	{"tasks due before december 31, 2026", `list Task [endTime lt "2026-12-31"]`},
	{"tasks due next week", `list Task [endTime gte "2026-11-30" & endTime lt "2026-12-07"]`},
	{"tasks due between 2026-12-01 and 2026-12-24 and owned by Carly", `list Task [endTime gte "2026-12-01" & endTime lt "2026-12-25"] [ownerId eq @Carly]`},
	{"tasks due before the end of the month", `list Task [endTime lt "2026-11-30"]`},
	{"licenses ending in q1 2027", `list License [toDate gte "2027-01-01" & toDate lt "2027-04-01"]`},
	{"end users created in the last 7 days", `list End User [createdAt gte "2026-11-16" & createdAt lt "2026-11-24"]`},
}

func TestParse(t *testing.T) {
	s := schema(t)
	for _, row := range readable {
		t.Run(row.question, func(t *testing.T) {
			q, err := Parse(row.question, s, now)
			if err != nil {
				if row.want != "" {
					t.Fatalf("not understood: %v", err)
				}
				return
			}
			if got, want := short(q), strings.ReplaceAll(row.want, "companyId/ eq", "companyId eq"); strings.ReplaceAll(got, "companyId/ eq", "companyId eq") != want {
				t.Errorf("\n got %s\nwant %s", got, want)
			}
		})
	}
}

// Every example in the documentation is understood.
func TestDocumentedQuestions(t *testing.T) {
	doc, err := os.ReadFile("../../../docs/questions.md")
	if err != nil {
		t.Fatal(err)
	}
	s, n := schema(t), 0
	for line := range strings.Lines(string(doc)) {
		cells := strings.Split(line, "|")
		if len(cells) != 4 || strings.Contains(line, "---") || strings.Contains(line, "| ask |") {
			continue
		}
		for question := range strings.SplitSeq(cells[2], "·") {
			if _, err := Parse(strings.TrimSpace(question), s, now); err != nil {
				t.Errorf("%s: %v", question, err)
			}
			n++
		}
	}
	if n < 30 {
		t.Errorf("only %d examples found", n)
	}
}
