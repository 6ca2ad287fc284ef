package web

import (
	"encoding/base64"
	"net/http"
	"time"

	"mandorla/internal/web/kit"
)

// flashes are what a page can say about the write that led to it; the cookie holds the key only.
var flashes = map[string]kit.Toast{
	"saved":        {Tone: kit.Good, Title: "Saved"},
	"created":      {Tone: kit.Good, Title: "Created"},
	"cloned":       {Tone: kit.Good, Title: "Cloned", Text: "Nobody has the copy yet."},
	"deleted":      {Tone: kit.Good, Title: "Deleted"},
	"disabled":     {Tone: kit.Good, Title: "Disabled", Text: "Every connection has ended."},
	"enabled":      {Tone: kit.Good, Title: "Enabled", Text: "People can authorize it again."},
	"secret":       {Tone: kit.Good, Title: "New secret generated", Text: "The one before no longer works, and every connection has ended."},
	"overlap":      {Tone: kit.Good, Title: "New secret generated", Text: "The one before works until its time is over; everybody stays connected."},
	"token":        {Tone: kit.Good, Title: "Token made", Text: "Store it now: it cannot be shown again."},
	"revoked":      {Tone: kit.Good, Title: "Token revoked", Text: "Its next call is refused."},
	"ended":        {Tone: kit.Good, Title: "Connection ended", Text: "Its next call is refused."},
	"all-ended":    {Tone: kit.Good, Title: "Every connection has ended", Text: "Their next calls are refused; each person can connect again."},
	"logo":         {Tone: kit.Good, Title: "Logo saved"},
	"logo-removed": {Tone: kit.Good, Title: "Logo removed"},
	"disconnected": {Tone: kit.Good, Title: "Disconnected", Text: "The app's next call is refused."},
	"session":      {Tone: kit.Good, Title: "Session ended"},
	"password":     {Tone: kit.Good, Title: "Password changed", Text: "Every other session and every connected app was signed out."},
	"viewed":       {Title: "You see with your own eyes again"},
	"unchanged":    {Title: "Nothing to save"},
}

// done ends a successful write: a 303 to a page that says so.
func (s *Server) done(w http.ResponseWriter, v *visit, to, flash string) error {
	if flash != "" {
		s.cookies.set(w, s.cookies.flash, flash, time.Minute)
	}
	http.Redirect(w, v.r, to, http.StatusSeeOther)
	return nil
}

func (s *Server) takeFlash(w http.ResponseWriter, r *http.Request) []kit.Toast {
	key := s.cookies.get(r, s.cookies.flash)
	if key == "" {
		return nil
	}
	s.cookies.clear(w, s.cookies.flash)
	toast, ok := flashes[key]
	if !ok {
		return nil
	}
	return []kit.Toast{toast}
}

func encodeCookie(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

func decodeCookie(s string) string {
	raw, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return ""
	}
	return string(raw)
}
