// Package mail owns how plain-text mail leaves the installation: one server, one sender address, one message at a time, in the
// background. What a message says and to whom is its callers' business (package people); it knows no person and no tenant.
//
// A request never waits for a mail server, and nobody can tell from the time of an answer whether mail was sent: callers hand work
// to a Queue.
package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/mail"
	"strings"
	"sync"
	"time"
	"unicode"

	gomail "github.com/wneessen/go-mail"

	"mandorla/internal/fault"
)

// Message is one plain-text mail to one person.
type Message struct {
	To      string // a plain address: name@host
	Subject string // one line; control characters become spaces
	Text    string
}

// Options are what a Sender is made of. Server, From and Now are required.
type Options struct {
	Server Server
	From   string // "crm@example.com" or "Mandorla <crm@example.com>"
	Now    func() time.Time
	// Timeout is for the whole conversation about one message; 0: 30 seconds.
	Timeout time.Duration
	Roots   *x509.CertPool // that the server's certificate must lead to; nil: the system's
	// Dial opens the connection; nil: the network.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// Sender sends messages over SMTP. Safe for concurrent use.
type Sender struct {
	Options
	from *mail.Address
}

// New checks the options; what is wrong with them is a fault.Invalid that names the option.
func New(o Options) (*Sender, error) {
	from, err := mail.ParseAddress(o.From)
	if err != nil || o.Now == nil {
		return nil, fault.New(fault.Invalid, "--mail-from takes the address that mail comes from, such as crm@example.com or \"Mandorla <crm@example.com>\".")
	}
	if o.Timeout == 0 {
		o.Timeout = 30 * time.Second
	}
	if o.Dial == nil {
		o.Dial = new(net.Dialer).DialContext
	}
	return &Sender{Options: o, from: from}, nil
}

// Send has one conversation with the server. The error says in words what went wrong and holds no password.
func (s *Sender) Send(ctx context.Context, m Message) error {
	msg, err := s.message(m)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, s.Timeout)
	defer cancel()
	line := &line{sender: s}
	defer line.hangUp()
	defer context.AfterFunc(ctx, line.hangUp)() // the library looks at ctx while it dials only
	client, err := gomail.NewClient(s.Server.Host, s.clientOptions(line)...)
	if err != nil {
		return fmt.Errorf("mail client: %w", err)
	}
	if err := client.DialAndSendWithContext(ctx, msg); err != nil {
		return fmt.Errorf("%s: %w", net.JoinHostPort(s.Server.Host, fmt.Sprint(s.Server.Port)), err)
	}
	return nil
}

func (s *Sender) message(m Message) (*gomail.Msg, error) {
	to, err := mail.ParseAddress(m.To)
	if err != nil || to.Address != m.To || strings.ContainsFunc(m.To, unicode.IsControl) {
		return nil, fault.New(fault.Invalid, "%q is no plain mail address.", m.To)
	}
	msg := gomail.NewMsg()
	msg.FromMailAddress(s.from)
	msg.ToMailAddress(to)
	msg.Subject(oneLine(m.Subject))
	msg.SetDateWithValue(s.Now())
	msg.SetMessageID()
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no out-of-office answers
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	return msg, nil
}

// oneLine keeps a text out of the next header, whatever the library does.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, ""))
}

func (s *Sender) clientOptions(l *line) []gomail.Option {
	policy := gomail.TLSMandatory
	if loopback(s.Server.Host) {
		policy = gomail.TLSOpportunistic
	}
	conf := &tls.Config{ServerName: s.Server.Host, MinVersion: tls.VersionTLS12, RootCAs: s.Roots}
	out := []gomail.Option{
		gomail.WithPort(s.Server.Port), gomail.WithTimeout(s.Timeout), gomail.WithTLSPolicy(policy), gomail.WithTLSConfig(conf),
		gomail.WithDialContextFunc(func(ctx context.Context, network, address string) (net.Conn, error) {
			return l.dial(ctx, network, address, conf)
		}),
	}
	if s.Server.Implicit {
		out = append(out, gomail.WithSSL())
	}
	if s.Server.User != "" { // nothing that sends a password which somebody on the way could read or replay
		out = append(out, gomail.WithUsername(s.Server.User), gomail.WithPassword(s.Server.Password),
			gomail.WithOpportunisticSMTPAuth(gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthPlain, gomail.SMTPAuthLogin))
	}
	return out
}

// line is the connection of one conversation. The library leaves it open where the conversation ends early.
type line struct {
	sender *Sender
	mu     sync.Mutex
	conn   net.Conn
}

// dial opens the connection, encrypted from the first byte where the server wants that.
func (l *line) dial(ctx context.Context, network, address string, conf *tls.Config) (net.Conn, error) {
	conn, err := l.sender.Dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	l.conn = conn
	l.mu.Unlock()
	if !l.sender.Server.Implicit {
		return conn, nil
	}
	secure := tls.Client(conn, conf)
	return secure, secure.HandshakeContext(ctx)
}

// hangUp closes what is still open; that it was closed before is no news.
func (l *line) hangUp() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conn != nil {
		_ = l.conn.Close()
	}
}
