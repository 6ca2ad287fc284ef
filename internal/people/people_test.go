package people_test

import (
	"context"
	"net"
	"strings"
	"testing"

	"mandorla/internal/access"
	"mandorla/internal/demo"
	"mandorla/internal/fault"
	"mandorla/internal/identity"
	"mandorla/internal/mail"
	"mandorla/internal/people"
	"mandorla/internal/record"
	"mandorla/internal/testkit"
	"mandorla/internal/testkit/mailbox"
)

// over makes the service of a running demo, with a queue that nobody works on until the test does.
func over(t *testing.T, s *testkit.Server, box *mailbox.Server) *people.Service {
	t.Helper()
	o := people.Options{Gate: s.Gate, Identity: s.Identity, Origin: "https://crm.test", Now: s.Clock.Now}
	if box != nil {
		_, _, err := net.SplitHostPort(box.Addr)
		if err != nil {
			t.Fatal(err)
		}
		at, err := mail.ParseServer("smtp://" + box.Addr)
		if err != nil {
			t.Fatal(err)
		}
		sender, err := mail.New(mail.Options{Server: at, From: "crm@northwind.example", Now: s.Clock.Now})
		if err != nil {
			t.Fatal(err)
		}
		o.Mailer, o.Queue = sender, mail.NewQueue()
	}
	return people.New(o)
}

func fails(t *testing.T, err error, kind fault.Kind) {
	t.Helper()
	if !fault.Is(err, kind) {
		t.Errorf("got %v, want %v", err, kind)
	}
}

// Who is invited: a User record that is there already, or one that the administrator may make; nothing is left of what fails.
func TestInvite(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, engine string) {
		s := testkit.Start(t, engine)
		p, ctx := over(t, s, nil), t.Context()
		olga, err := s.Gate.Create(ctx, s.Admin, record.Write{Model: "User", Values: map[string]any{"email": "olga@northwind.example", "firstName": "Olga", "lastName": "Berg", "inactive": false}})
		if err != nil {
			t.Fatal(err)
		}
		in, link, err := p.Invite(ctx, s.Admin, people.Person{Email: " Olga@Northwind.example", First: "O", Last: "B"})
		if err != nil || in.User != olga.ID || in.UserName != "Olga Berg" || !strings.HasPrefix(link, "https://crm.test/invitation?key=iv_") {
			t.Errorf("%+v, %s, %v", in, link, err)
		}
		if _, err := s.Gate.Create(ctx, s.Admin, record.Write{Model: "User", Values: map[string]any{"email": "gone@northwind.example", "firstName": "G", "lastName": "G", "inactive": true}}); err != nil {
			t.Fatal(err)
		}
		_, _, err = p.Invite(ctx, s.Admin, people.Person{Email: "gone@northwind.example", First: "G", Last: "G"})
		fails(t, err, fault.Conflict)
		_, _, err = p.Invite(ctx, s.Admin, people.Person{Email: demo.Carly.Email, First: "C", Last: "H"})
		fails(t, err, fault.Conflict)

		users := func() int {
			page, err := s.Gate.List(ctx, s.Admin, record.ListRequest{Model: "User", Limit: 1})
			if err != nil {
				t.Fatal(err)
			}
			return page.Total
		}
		before := users()
		for _, wrong := range []people.Person{{Email: "x", First: "A", Last: "B"}, {Email: "a@b.example", Last: "B"}, {Email: "a@b.example", First: "A", Last: " "}} {
			_, _, err = p.Invite(ctx, s.Admin, wrong)
			fails(t, err, fault.Invalid)
		}
		_, _, err = p.Invite(ctx, s.Admin, people.Person{Email: "nora@northwind.example", First: "N", Last: "Q", Roles: []string{"unknown"}})
		fails(t, err, fault.NotFound) // after the User record was made, in the same transaction
		poor := s.Admin
		poor.Lanes = nil
		_, _, err = p.Invite(ctx, poor, people.Person{Email: "nora@northwind.example", First: "N", Last: "Q"})
		if err == nil {
			t.Error("an administrator whose roles allow no new users made one")
		}
		for _, by := range []access.Principal{s.Person(t, demo.Carly), s.Admin.SeenBy(s.Admin)} {
			_, _, err = p.Invite(ctx, by, people.Person{Email: "nora@northwind.example", First: "N", Last: "Q"})
			fails(t, err, fault.Forbidden)
		}
		open, err := s.Identity.Invitations(ctx, s.Admin, s.Tenant)
		if err != nil || len(open) != 1 || users() != before {
			t.Errorf("%d invitations, %d users, %v", len(open), users()-before, err)
		}
	})
}

// Mails wait in a queue of a fixed length; what does not fit is said on the invitation, and nobody waits.
func TestFullQueue(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	box := mailbox.Start(t, mailbox.Options{})
	p, ctx := over(t, s, box), t.Context()
	state := func() identity.MailState {
		open, err := s.Identity.Invitations(ctx, s.Admin, s.Tenant)
		if err != nil || len(open) != 1 {
			t.Fatalf("%+v, %v", open, err)
		}
		return open[0].Mail
	}
	in, _, err := p.Invite(ctx, s.Admin, people.Person{Email: "nora@northwind.example", First: "Nora", Last: "Quist"})
	if err != nil || state().Kind != identity.MailWaiting {
		t.Fatalf("%+v, %v", state(), err)
	}
	for p.Queue.Post(func(context.Context) {}) {
	}
	if _, _, err := p.Renew(ctx, s.Admin, in.ID, true); err != nil || state().Kind != identity.MailFailed || !strings.Contains(state().Note, "too many") {
		t.Errorf("%+v, %v", state(), err)
	}
	if err := p.Forgot(ctx, demo.Carly.Email, "192.0.2.1"); err != nil {
		t.Error(err)
	}
	work, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() { p.Queue.Run(work); close(done) }()
	p.Queue.Wait()
	stop()
	<-done
	if mails := box.Mails(); len(mails) != 1 || state().Kind != identity.MailFailed { // the first one went out, with a link that is dead by now
		t.Errorf("%d mails, %+v", len(mails), state())
	}
}

// A name is a name: what else is written into it makes no second line.
func TestNamesInMails(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	box := mailbox.Start(t, mailbox.Options{})
	p := over(t, s, box)
	by := s.Admin
	by.PersonName, by.TenantName = "Eve\r\nBcc: x@y.example\r\n\r\nClick "+strings.Repeat("here ", 50), "T\r\nSubject: other"
	if _, _, err := p.Invite(t.Context(), by, people.Person{Email: "nora@northwind.example", First: "Nora", Last: "Quist"}); err != nil {
		t.Fatal(err)
	}
	work, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { p.Queue.Run(work); close(done) }()
	p.Queue.Wait()
	stop()
	<-done
	m := box.Mails()[0]
	if m.Subject != "You are invited to T Subject: other" || m.Header.Get("Bcc") != "" || strings.Count(strings.TrimSpace(m.Text), "\n") != 6 || len(strings.SplitN(m.Text, "\n", 2)[0]) > 200 {
		t.Errorf("%s\n%s", m.Subject, m.Text)
	}
}
