package web

import (
	"encoding/base64"
	"net/http"
	"time"

	"mandorla/internal/web/kit"
)

// flashes are what a page can say about the write that led to it; the cookie holds the key only.
var flashes = map[string]kit.Toast{
	"saved":          {Tone: kit.Good, Title: "Saved"},
	"created":        {Tone: kit.Good, Title: "Created"},
	"cloned":         {Tone: kit.Good, Title: "Cloned", Text: "Nobody has the copy yet."},
	"deleted":        {Tone: kit.Good, Title: "Deleted"},
	"disabled":       {Tone: kit.Good, Title: "Disabled", Text: "Every connection has ended."},
	"enabled":        {Tone: kit.Good, Title: "Enabled", Text: "People can authorize it again."},
	"approved":       {Tone: kit.Good, Title: "Approved", Text: "People can connect it now."},
	"refused":        {Tone: kit.Good, Title: "Refused", Text: "Nobody can connect it."},
	"secret":         {Tone: kit.Good, Title: "New secret generated", Text: "The one before no longer works, and every connection has ended."},
	"overlap":        {Tone: kit.Good, Title: "New secret generated", Text: "The one before works until its time is over; everybody stays connected."},
	"token":          {Tone: kit.Good, Title: "Token made", Text: "Store it now: it cannot be shown again."},
	"revoked":        {Tone: kit.Good, Title: "Token revoked", Text: "Its next call is refused."},
	"ended":          {Tone: kit.Good, Title: "Connection ended", Text: "Its next call is refused."},
	"all-ended":      {Tone: kit.Good, Title: "Every connection has ended", Text: "Their next calls are refused; each person can connect again."},
	"logo":           {Tone: kit.Good, Title: "Logo saved"},
	"logo-removed":   {Tone: kit.Good, Title: "Logo removed"},
	"disconnected":   {Tone: kit.Good, Title: "Disconnected", Text: "The app's next call is refused."},
	"session":        {Tone: kit.Good, Title: "Session ended"},
	"password":       {Tone: kit.Good, Title: "Password changed", Text: "Every other session and every connected app was signed out."},
	"invited":        {Tone: kit.Good, Title: "Invitation made", Text: "The mail with the link is on its way."},
	"invite_link":    {Tone: kit.Good, Title: "Invitation made", Text: "Copy the link now: it cannot be shown again."},
	"withdrawn":      {Tone: kit.Good, Title: "Invitation withdrawn", Text: "Its link does not work any more."},
	"reset_link":     {Tone: kit.Good, Title: "Link made", Text: "Copy it now: it cannot be shown again."},
	"reset":          {Tone: kit.Good, Title: "Password set", Text: "Every session and connected app has ended. Sign in with the new password."},
	"joined":         {Tone: kit.Good, Title: "You have joined", Text: "This is your new place."},
	"shut-out":       {Tone: kit.Good, Title: "App shut out", Text: "Its connections here have ended, and nobody can make one."},
	"let-in":         {Tone: kit.Good, Title: "App let in", Text: "People can authorize it again."},
	"narrowed":       {Tone: kit.Good, Title: "Narrowed", Text: "The app's next call obeys."},
	"field":          {Tone: kit.Good, Title: "Custom field created", Text: "It is there wherever its model is."},
	"field-removed":  {Tone: kit.Good, Title: "Custom field removed", Text: "Its values are gone with it."},
	"tenant":         {Tone: kit.Good, Title: "Tenant created", Text: "Its administrator can sign in now."},
	"tenant-invited": {Tone: kit.Good, Title: "Tenant created", Text: "Its administrator is invited."},
	"invited-again":  {Tone: kit.Good, Title: "New link made", Text: "The one before does not work any more."},
	"suspended":      {Tone: kit.Good, Title: "Tenant suspended", Text: "Nobody works in it, and no token of it works."},
	"resumed":        {Tone: kit.Good, Title: "Tenant resumed", Text: "People and apps go on as before."},
	"registration":   {Tone: kit.Good, Title: "Saved", Text: "It works from the next request on."},
	"super":          {Tone: kit.Good, Title: "Super admin added"},
	"no-super":       {Tone: kit.Good, Title: "Super admin removed"},
	"viewed":         {Title: "You see with your own eyes again"},
	"unchanged":      {Title: "Nothing to save"},
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
