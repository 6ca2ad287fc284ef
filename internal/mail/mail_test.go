package mail_test

import (
	"context"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"mandorla/internal/fault"
	"mandorla/internal/mail"
	"mandorla/internal/testkit/mailbox"
)

var now = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

// sender makes a sender to the box. Under another name than this machine's, it must be encrypted.
func sender(t *testing.T, box *mailbox.Server, scheme, user, host string) *mail.Sender {
	t.Helper()
	_, port, err := net.SplitHostPort(box.Addr)
	if err != nil {
		t.Fatal(err)
	}
	at, err := mail.ParseServer(scheme + "://" + user + net.JoinHostPort(host, port))
	if err != nil {
		t.Fatal(err)
	}
	s, err := mail.New(mail.Options{
		Server: at, From: "Mandorla <crm@people.test>", Now: func() time.Time { return now }, Timeout: 5 * time.Second, Roots: box.Roots,
		Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, box.Addr)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var letter = mail.Message{To: "nora@people.test", Subject: "Nora, you are invited – welcome", Text: "Open this:\n\nhttps://crm.test/invitation?key=iv_" + strings.Repeat("x", 90) + "\n.\nIt works once."}

func TestSend(t *testing.T) {
	for _, c := range []struct {
		name               string
		box                mailbox.Options
		scheme, user, host string
		encrypted          bool
		fails              string // part of the error; "" for none
	}{
		{"plain on this machine", mailbox.Options{}, "smtp", "", "127.0.0.1", false, ""},
		{"plain elsewhere", mailbox.Options{}, "smtp", "", "mail.test", false, "STARTTLS"},
		{"starttls", mailbox.Options{StartTLS: true}, "smtp", "", "mail.test", true, ""},
		{"starttls on this machine", mailbox.Options{StartTLS: true}, "smtp", "", "127.0.0.1", true, ""},
		{"starttls with a sign-in", mailbox.Options{StartTLS: true, Password: "p@ss:/w"}, "smtp", "user:p%40ss%3A%2Fw@", "mail.test", true, ""},
		{"implicit", mailbox.Options{Implicit: true, Password: "pw"}, "smtps", "user:pw@", "mail.test", true, ""},
		{"another name than in the certificate", mailbox.Options{StartTLS: true}, "smtp", "", "other.test", false, "certificate"},
		{"a wrong password", mailbox.Options{Implicit: true, Password: "right"}, "smtps", "user:wr0ng-secret@", "mail.test", false, "535"},
		{"a refused address", mailbox.Options{Refuse: "550 no such mailbox"}, "smtp", "", "127.0.0.1", false, "no such mailbox"},
	} {
		t.Run(c.name, func(t *testing.T) {
			box := mailbox.Start(t, c.box)
			err := sender(t, box, c.scheme, c.user, c.host).Send(t.Context(), letter)
			if c.fails != "" {
				if err == nil || !strings.Contains(err.Error(), c.fails) || strings.Contains(err.Error(), "wr0ng-secret") || len(box.Mails()) != 0 {
					t.Fatalf("%v, %d mails", err, len(box.Mails()))
				}
				return
			}
			mails := box.Mails()
			if err != nil || len(mails) != 1 {
				t.Fatalf("%v, %d mails", err, len(mails))
			}
			m := mails[0]
			if m.TLS != c.encrypted || m.From != "crm@people.test" || m.To != letter.To || m.Subject != letter.Subject || strings.TrimSpace(m.Text) != letter.Text {
				t.Errorf("%+v", m)
			}
			if date, err := m.Header.Date(); err != nil || !date.Equal(now) || m.Header.Get("Message-Id") == "" || m.Header.Get("Auto-Submitted") != "auto-generated" {
				t.Errorf("headers %v", m.Header)
			}
		})
	}
}

// Whatever stands in a name, nothing of it becomes a header, a second recipient or a command.
func TestNothingIsInjected(t *testing.T) {
	box := mailbox.Start(t, mailbox.Options{})
	s := sender(t, box, "smtp", "", "127.0.0.1")
	const evil = "Hi\r\nBcc: victim@people.test\r\n\r\nA body\nX: y\u2028Z: z\x00"
	if err := s.Send(t.Context(), mail.Message{To: letter.To, Subject: evil, Text: ".\r\nRCPT TO:<victim@people.test>\r\n.\r\n"}); err != nil {
		t.Fatal(err)
	}
	m := box.Mails()[0]
	if m.Header.Get("Bcc") != "" || m.Header.Get("X") != "" || strings.ContainsAny(m.Subject, "\r\n") || !strings.Contains(m.Subject, "Bcc: victim") || !strings.Contains(m.Text, "RCPT TO") {
		t.Errorf("%q\n%s", m.Subject, m.Raw)
	}
	for _, to := range []string{"", "x", "a@b.test, c@d.test", "Name <a@b.test>", "a@b.test\r\nRCPT TO:<c@d.test>", "a@b.test\x00", "<a@b.test>"} {
		if err := s.Send(t.Context(), mail.Message{To: to, Subject: "x", Text: "x"}); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", to, err)
		}
	}
	recipients := 0
	for _, line := range box.Said() {
		if strings.HasPrefix(line, "RCPT") {
			recipients++
		}
	}
	if recipients != 1 || len(box.Mails()) != 1 {
		t.Errorf("%d recipients, %d mails", recipients, len(box.Mails()))
	}
}

func TestSilentServer(t *testing.T) {
	box := mailbox.Start(t, mailbox.Options{Silent: true})
	s := sender(t, box, "smtp", "", "127.0.0.1")
	s.Timeout = 50 * time.Millisecond
	if err := s.Send(t.Context(), letter); err == nil {
		t.Error("a server that says nothing took the message")
	}
}

func TestParseServer(t *testing.T) {
	for address, want := range map[string]mail.Server{
		"smtp://mail.test":                    {Host: "mail.test", Port: 587},
		"smtps://u%40x:p%3Aw@mail.test":       {Host: "mail.test", Port: 465, Implicit: true, User: "u@x", Password: "p:w"},
		"smtp://u:p@[::1]:2525/":              {Host: "::1", Port: 2525, User: "u", Password: "p"},
		"smtp://apikey:SG.x@smtp.example:587": {Host: "smtp.example", Port: 587, User: "apikey", Password: "SG.x"},
	} {
		if got, err := mail.ParseServer(address); err != nil || got != want {
			t.Errorf("%s: %+v, %v", address, got, err)
		}
	}
	for _, address := range []string{"", "mail.test", "mail.test:587", "https://mail.test", "smtp://", "smtp://h:0", "smtp://h:99999", "smtp://h/x", "smtp://h?tls=no", "smtp://u:hunter2/secret@h"} {
		if got, err := mail.ParseServer(address); !fault.Is(err, fault.Invalid) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %+v, %v", address, got, err)
		}
	}
	if _, err := mail.New(mail.Options{From: "nobody", Now: time.Now}); !fault.Is(err, fault.Invalid) {
		t.Error(err)
	}
}

func TestQueue(t *testing.T) {
	q := mail.NewQueue()
	var done atomic.Int32
	taken := 0
	for range 1000 { // nobody works yet: what does not fit is refused at once
		if q.Post(func(context.Context) { done.Add(1) }) {
			taken++
		}
	}
	if taken < 100 || taken == 1000 {
		t.Fatalf("%d taken", taken)
	}
	ctx, stop := context.WithCancel(t.Context())
	over := make(chan struct{})
	go func() { q.Run(ctx); close(over) }()
	q.Wait()
	if int(done.Load()) != taken {
		t.Errorf("%d of %d done", done.Load(), taken)
	}
	stop()
	<-over
}

// A program that ends waits for no mail server.
func TestQueueEnds(t *testing.T) {
	box := mailbox.Start(t, mailbox.Options{Silent: true})
	s := sender(t, box, "smtp", "", "127.0.0.1")
	s.Timeout = time.Hour
	q, ctx := mail.NewQueue(), t.Context()
	ctx, stop := context.WithCancel(ctx)
	running, failed := make(chan struct{}), make(chan error, 1)
	q.Post(func(ctx context.Context) {
		close(running)
		failed <- s.Send(ctx, letter)
	})
	over := make(chan struct{})
	go func() { q.Run(ctx); close(over) }()
	<-running
	begin := time.Now()
	stop()
	<-over
	if err := <-failed; err == nil || time.Since(begin) > 10*time.Second {
		t.Errorf("%v after %v", err, time.Since(begin))
	}
}
