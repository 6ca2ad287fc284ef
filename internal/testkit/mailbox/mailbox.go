// Package mailbox is a mail server on loopback for tests: it speaks SMTP, with and without encryption and sign-in, and keeps what it
// is handed. Only tests may import it.
package mailbox

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"fmt"
	"io"
	"math/big"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"strings"
	"sync"
	"testing"
	"time"
)

// Options say how the server behaves; the zero value takes everything in the clear.
type Options struct {
	StartTLS bool   // offers STARTTLS, and wants it before anything else
	Implicit bool   // is encrypted from the first byte
	Password string // wants AUTH PLAIN as "user" with this password
	Refuse   string // said to RCPT in place of 250, such as "550 no such mailbox"
	Silent   bool   // accepts connections and never says a word
}

// Mail is one message that was handed in.
type Mail struct {
	From, To string // of the envelope
	Header   mail.Header
	Subject  string // decoded
	Text     string // decoded
	Raw      string
	TLS      bool
}

// Server is a running mailbox.
type Server struct {
	Options
	Addr  string         // host:port
	Roots *x509.CertPool // that its certificate leads to
	cert  tls.Certificate
	mu    sync.Mutex
	mails []Mail
	said  []string
}

// Start runs a mailbox until the test ends.
func Start(tb testing.TB, o Options) *Server {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	s := &Server{Options: o, Addr: l.Addr().String()}
	s.certify(tb)
	ended := make(chan struct{})
	var group sync.WaitGroup
	group.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			group.Go(func() {
				defer conn.Close()
				if s.Silent {
					<-ended
					return
				}
				s.talk(conn)
			})
		}
	})
	tb.Cleanup(func() {
		close(ended)
		_ = l.Close()
		group.Wait()
	})
	return s
}

// Mails gives what was handed in so far.
func (s *Server) Mails() []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Mail(nil), s.mails...)
}

// Said gives every command line that clients sent.
func (s *Server) Said() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.said...)
}

// certify makes a certificate for this machine and for mail.test.
func (s *Server) certify(tb testing.TB) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	about := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "mail.test"}, NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<33, 0),
		DNSNames: []string{"mail.test"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	raw, err := x509.CreateCertificate(rand.Reader, about, about, &key.PublicKey, key)
	if err != nil {
		tb.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(raw)
	if err != nil {
		tb.Fatal(err)
	}
	s.cert = tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: key}
	s.Roots = x509.NewCertPool()
	s.Roots.AddCert(parsed)
}

// talk is one conversation; it ends at the first thing that is not understood.
func (s *Server) talk(conn net.Conn) {
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	c := &conversation{s: s, in: bufio.NewReader(conn), out: conn}
	if s.Implicit {
		c.secure(conn)
	}
	c.reply("220 mail.test ready")
	for !c.over {
		line, err := c.in.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		s.mu.Lock()
		s.said = append(s.said, line)
		s.mu.Unlock()
		c.command(conn, line)
	}
}

type conversation struct {
	s         *Server
	in        *bufio.Reader
	out       io.Writer
	encrypted bool
	signedIn  bool
	over      bool
	m         Mail
}

func (c *conversation) reply(line string) { fmt.Fprint(c.out, line, "\r\n") }

func (c *conversation) secure(conn net.Conn) {
	t := tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{c.s.cert}, MinVersion: tls.VersionTLS12})
	c.in, c.out, c.encrypted = bufio.NewReader(t), t, true
}

func (c *conversation) command(conn net.Conn, line string) {
	verb, rest, _ := strings.Cut(line, " ")
	switch verb = strings.ToUpper(verb); {
	case verb == "EHLO" || verb == "HELO":
		c.hello()
	case verb == "STARTTLS" && c.s.StartTLS:
		c.reply("220 go ahead")
		c.secure(conn)
	case c.s.StartTLS && !c.encrypted:
		c.reply("530 STARTTLS first")
	case verb == "AUTH":
		c.auth(rest)
	case c.s.Password != "" && !c.signedIn:
		c.reply("530 sign in first")
	case verb == "MAIL":
		c.m = Mail{From: between(rest), TLS: c.encrypted}
		c.reply("250 ok")
	case verb == "RCPT" && c.s.Refuse != "":
		c.reply(c.s.Refuse)
	case verb == "RCPT":
		c.m.To = between(rest)
		c.reply("250 ok")
	case verb == "DATA":
		c.data()
	case verb == "NOOP" || verb == "RSET":
		c.reply("250 ok")
	case verb == "QUIT":
		c.reply("221 bye")
		c.over = true
	default:
		c.reply("502 what?")
	}
}

func (c *conversation) hello() {
	lines := []string{"mail.test", "8BITMIME"}
	if c.s.StartTLS && !c.encrypted {
		lines = append(lines, "STARTTLS")
	}
	if c.s.Password != "" {
		lines = append(lines, "AUTH PLAIN LOGIN NTLM CRAM-MD5")
	}
	for i, l := range lines {
		sep := "-"
		if i == len(lines)-1 {
			sep = " "
		}
		c.reply("250" + sep + l)
	}
}

func (c *conversation) auth(rest string) {
	_, given, _ := strings.Cut(rest, " ")
	raw, err := base64.StdEncoding.DecodeString(given)
	if err == nil && string(raw) == "\x00user\x00"+c.s.Password {
		c.signedIn = true
		c.reply("235 welcome")
		return
	}
	c.reply("535 not you")
}

func (c *conversation) data() {
	c.reply("354 go on")
	var raw strings.Builder
	for {
		line, err := c.in.ReadString('\n')
		if err != nil {
			return
		}
		if line == ".\r\n" {
			break
		}
		raw.WriteString(strings.TrimPrefix(line, "."))
	}
	c.m.Raw = raw.String()
	c.m.read()
	c.s.mu.Lock()
	c.s.mails = append(c.s.mails, c.m)
	c.s.mu.Unlock()
	c.reply("250 kept")
}

// read decodes what a person would see.
func (m *Mail) read() {
	parsed, err := mail.ReadMessage(strings.NewReader(m.Raw))
	if err != nil {
		return
	}
	m.Header = parsed.Header
	m.Subject, _ = new(mime.WordDecoder).DecodeHeader(parsed.Header.Get("Subject"))
	body := parsed.Body
	if strings.EqualFold(parsed.Header.Get("Content-Transfer-Encoding"), "quoted-printable") {
		body = quotedprintable.NewReader(body)
	}
	text, _ := io.ReadAll(body)
	m.Text = strings.ReplaceAll(string(text), "\r\n", "\n")
}

func between(s string) string {
	_, s, _ = strings.Cut(s, "<")
	s, _, _ = strings.Cut(s, ">")
	return s
}
