package web

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// cookies names and makes the pages' cookies. On https they carry the __Host- prefix. On plain http, which is for this machine
// only, browsers refuse that prefix; the port is then part of the name, since cookies of one host are shared by all its ports.
type cookies struct {
	secure          bool
	session         string // the session token
	browser         string // random, before a sign-in: binds forms and transactions to this browser
	back            string // where to go after the sign-in
	flash           string // which message the next page shows
	once            string // a sealed client secret, until it is stored
	link            string // the secret of a link from a mail, until it is used
	device          string // marks of the people who have signed in here, see identity.Remember
	prefix, postfix string
}

func newCookies(origin *url.URL) cookies {
	c := cookies{secure: origin.Scheme == "https", prefix: "__Host-"}
	if !c.secure {
		c.prefix, c.postfix = "mandorla-", "-"+port(origin)
	}
	c.link, c.device = c.name("link"), c.name("device")
	c.session, c.browser, c.back, c.flash, c.once = c.name("sid"), c.name("browser"), c.name("back"), c.name("flash"), c.name("once")
	return c
}

func port(u *url.URL) string {
	if p := u.Port(); p != "" {
		return p
	}
	return "80"
}

func (c cookies) name(s string) string { return c.prefix + s + c.postfix }

// set writes a cookie that scripts cannot read and that no other site's form sends. maxAge 0 is for the browser's session.
func (c cookies) set(w http.ResponseWriter, name, value string, maxAge time.Duration) {
	http.SetCookie(w, &http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: int(maxAge.Seconds()),
		Secure: c.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

func (c cookies) clear(w http.ResponseWriter, name string) {
	http.SetCookie(w, &http.Cookie{
		Name: name, Path: "/", MaxAge: -1, Secure: c.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

func (c cookies) get(r *http.Request, name string) string {
	cookie, err := r.Cookie(name)
	if err != nil {
		return ""
	}
	return cookie.Value
}

// browserID gives the random value that binds this browser before anybody signed in, and sets it where there is none.
func (s *Server) browserID(w http.ResponseWriter, r *http.Request) (string, error) {
	if id := s.cookies.get(r, s.cookies.browser); len(id) == 26 {
		return id, nil
	}
	id, err := s.random()
	if err != nil {
		return "", err
	}
	s.cookies.set(w, s.cookies.browser, id, 0)
	return id, nil
}

// browserCSRF is the token of forms that nobody signed in for.
func browserCSRF(browser string) string {
	mac := hmac.New(sha256.New, []byte(browser))
	mac.Write([]byte("csrf"))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func sameToken(a, b string) bool {
	return a != "" && subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1
}

// localPath gives back a path on this server, or "/". Anything that a browser could read as another host is refused.
func localPath(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || u.Opaque != "" ||
		!strings.HasPrefix(raw, "/") || strings.HasPrefix(raw, "//") || strings.ContainsAny(raw, "\\\t\r\n") {
		return "/"
	}
	return u.RequestURI()
}

// parseHost gives the host of an address, for showing.
func parseHost(raw string) (string, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return "", err
	}
	return u.Host, nil
}

// onceLife is how long a fresh secret can be looked at again.
const onceLife = 30 * time.Minute

// seal hides a value in a form that only this session can open again; about says what it belongs to. Nothing is kept here,
// so a copy of the server started in between opens it as well.
func seal(random io.Reader, sessionToken, about, value string) (string, error) {
	aead, err := onceCipher(sessionToken)
	if err != nil {
		return "", err
	}
	nonce := make([]byte, aead.NonceSize())
	if _, err := io.ReadFull(random, nonce); err != nil {
		return "", fmt.Errorf("read randomness: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(aead.Seal(nonce, nonce, []byte(value), []byte(about))), nil
}

func unseal(sessionToken, about, sealed string) (string, error) {
	raw, err := base64.RawURLEncoding.DecodeString(sealed)
	if err != nil {
		return "", err
	}
	aead, err := onceCipher(sessionToken)
	if err != nil {
		return "", err
	}
	if len(raw) < aead.NonceSize() {
		return "", errors.New("too short")
	}
	value, err := aead.Open(nil, raw[:aead.NonceSize()], raw[aead.NonceSize():], []byte(about))
	return string(value), err
}

func onceCipher(sessionToken string) (cipher.AEAD, error) {
	key := sha256.Sum256([]byte("once " + sessionToken))
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}
