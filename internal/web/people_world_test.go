package web_test

import (
	"bytes"
	"log/slog"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"mandorla/internal/app"
	"mandorla/internal/testkit"
	"mandorla/internal/testkit/mailbox"
)

// logLines collects a log that several goroutines write.
type logLines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logLines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logLines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// mailing is an installation that sends mail.
type mailing struct {
	*testkit.Server
	box *mailbox.Server
	log *logLines
}

func startMailing(t *testing.T, o mailbox.Options) *mailing {
	t.Helper()
	m := &mailing{box: mailbox.Start(t, o), log: &logLines{}}
	log := slog.New(slog.NewTextHandler(m.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	m.Server = testkit.StartWith(t, "sqlite", log, app.Config{SMTP: "smtp://" + m.box.Addr, MailFrom: "Mandorla <crm@northwind.example>"})
	return m
}

var linkIn = regexp.MustCompile(`https?://\S+\?key=\S+`)

// mail gives the newest mail, once everything is sent, and the path of the link in it.
func (m *mailing) mail(t *testing.T) (mailbox.Mail, string) {
	t.Helper()
	m.People.Queue.Wait()
	all := m.box.Mails()
	if len(all) == 0 {
		t.Fatal("no mail")
	}
	last := all[len(all)-1]
	return last, m.path(t, linkIn.FindString(last.Text))
}

// path is a link of this server without the origin.
func (m *mailing) path(t *testing.T, link string) string {
	t.Helper()
	path, ok := strings.CutPrefix(link, m.URL)
	if !ok {
		t.Fatalf("the link %q does not lead to %s", link, m.URL)
	}
	return path
}

// inviteForm is the form to invite somebody, filled in.
func inviteForm(t *testing.T, b *browser, email string, roles ...string) url.Values {
	t.Helper()
	form := b.get("/settings/people/invite").form(t, "/settings/people/invite")
	form.Set("email", email)
	form.Set("first", "Nora")
	form.Set("last", "Quist")
	form["roles"] = roles
	return form
}

// choosePassword opens a link of a mail and sends its form.
func (b *browser) choosePassword(path, password string) page {
	b.t.Helper()
	to, _, _ := strings.Cut(path, "?")
	form := b.get(path).want(b.t, 200).form(b.t, to)
	form.Set("password", password)
	return b.post(to, form)
}
