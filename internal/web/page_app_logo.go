package web

import (
	"errors"
	"io"
	"net/http"
	"strings"

	"mandorla/internal/access"
	"mandorla/internal/fault"
	"mandorla/internal/oauth"
	"mandorla/internal/picture"
	"mandorla/internal/web/kit"
)

// logoView is the part of the General tab that shows, takes and removes a logo.
type logoView struct {
	Section kit.Section
	Now     kit.AppLogo
	Form    *kit.Form   // nil: it may be looked at only
	Remove  *kit.Button // nil: there is none
}

var sampleLogo = logoView{Section: kit.Section{Title: "Logo"}, Now: kit.AppLogo{Name: "x"}, Form: &kit.Form{Action: "/"}, Remove: &kit.Button{Label: "x"}}

// logoAddress is where a client's logo is served, "" for none. It names the picture by its hash: another picture, another address.
func logoAddress(client, hash string) string {
	if hash == "" {
		return ""
	}
	return "/logos/" + client + "/" + hash + ".png"
}

// appLink is a client in a list: its logo, or the icon of what it is for, and its name.
func appLink(c oauth.Client, href string) kit.Value {
	out := kit.LinkTo(c.Name, href)
	out.Icon, out.Image = presetOf(c).Icon, logoAddress(c.ID, c.LogoHash)
	return out
}

// appLogo is how a client looks: its logo, or the icon of what it is for, or its first letter.
func appLogo(c oauth.Client) kit.AppLogo {
	out := kit.AppLogo{Image: logoAddress(c.ID, c.LogoHash), Name: c.Name}
	if p := presetOf(c); p.Key != "other" {
		out.Icon = p.Icon
	}
	return out
}

func appLogoView(c oauth.Client, may bool, problem error) logoView {
	path := "/apps/" + c.ID + "/logo"
	view := logoView{Now: appLogo(c), Section: kit.Section{ID: "logo", Title: "Logo", Text: "People see it on the authorization page and beside the name."}}
	if !may {
		return view
	}
	view.Form = &kit.Form{Action: path, Files: true, Submit: kit.Button{Label: "Upload logo", Icon: "upload"}, Fields: []kit.Field{{
		Kind: kit.FieldFile, Name: "logo", Label: "Picture", Accept: strings.Join(picture.Accepted, ","), Required: true,
		Help: "PNG, JPEG, GIF or WebP, at most 512 kB. It is drawn anew as a square of at most 256 pixels; nothing else of the file is kept.",
	}}}
	if problem != nil {
		view.Form.Fields[0].Error, _ = fault.Safe(problem)
	}
	if c.LogoHash != "" {
		view.Remove = &kit.Button{Label: "Remove logo", Icon: "trash", Post: path + "/remove"}
	}
	return view
}

func (s *Server) postAppLogo(w http.ResponseWriter, v *visit) error {
	c, err := s.client(v)
	if err != nil {
		return err
	}
	file, err := uploaded(v.r, "logo")
	if err == nil {
		err = s.OAuth.SetClientLogo(v.ctx(), v.who, c.ID, file)
	}
	status := http.StatusUnprocessableEntity
	switch {
	case fault.Is(err, fault.TooLarge):
		status = http.StatusRequestEntityTooLarge
	case fault.Is(err, fault.Unavailable):
		status = http.StatusServiceUnavailable
	case err == nil:
		return s.done(w, v, "/apps/"+c.ID+"#logo", "logo")
	case !badInput(err):
		return err
	}
	return s.showApp(w, v, status, c, clientInput(c), appProblem{logo: err})
}

func (s *Server) postAppLogoRemove(w http.ResponseWriter, v *visit) error {
	c, err := s.client(v)
	if err != nil {
		return err
	}
	if err := s.OAuth.RemoveClientLogo(v.ctx(), v.who, c.ID); err != nil {
		return err
	}
	return s.done(w, v, "/apps/"+c.ID+"#logo", "logo-removed")
}

// uploaded reads the file of a form. Its name and what its sender says about its type are looked at nowhere.
func uploaded(r *http.Request, field string) ([]byte, error) {
	f, _, err := r.FormFile(field)
	if errors.Is(err, http.ErrMissingFile) || errors.Is(err, http.ErrNotMultipart) {
		return nil, fault.New(fault.Invalid, "Choose a picture first.")
	}
	if err != nil {
		return nil, fault.New(fault.Invalid, "The file could not be read. Choose it again.")
	}
	defer f.Close()
	raw, err := io.ReadAll(f)
	if err == nil && len(raw) == 0 {
		return nil, fault.New(fault.Invalid, "Choose a picture first.")
	}
	return raw, err
}

// getLogo serves a logo to everybody who knows its address; it reads no cookie. What was drawn anew can be nothing but a picture, and
// the headers say so once more.
func (s *Server) getLogo(w http.ResponseWriter, r *http.Request) {
	hash, _ := strings.CutSuffix(r.PathValue("file"), ".png")
	png, err := s.OAuth.ClientLogo(r.Context(), r.PathValue("client"), hash)
	h := w.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox")
	if err != nil {
		status := http.StatusNotFound
		if !fault.Is(err, fault.NotFound) {
			status = http.StatusServiceUnavailable
			s.Logger.ErrorContext(r.Context(), "read logo", "request", requestID(r.Context()), "err", err)
		}
		http.Error(w, "There is no picture here.", status)
		return
	}
	h.Set("Content-Type", "image/png")
	h.Set("Content-Disposition", `inline; filename="logo.png"`)
	h.Set("Cache-Control", "private, max-age=3600") // by nobody but the browser: a removed one is gone
	_, _ = w.Write(png)
}

func mayChangeApps(v *visit) bool { return v.who.Manages(access.OAuthClient, access.Update) }
