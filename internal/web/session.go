package web

import (
	"context"
	"errors"
	"mime"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"mandorla/internal/access"
	"mandorla/internal/fault"
	"mandorla/internal/identity"
	"mandorla/internal/record"
	"mandorla/internal/web/kit"
)

// visit is one request of somebody signed in.
type visit struct {
	r       *http.Request
	token   string
	session identity.Session
	who     access.Principal   // whose eyes the pages are seen through
	self    access.Principal   // who is signed in; differs from who while an administrator views as somebody
	ended   string             // why viewing as somebody ended with this very request; "" where it did not
	models  []record.ModelView // that the person may view or create
	flash   func() []kit.Toast // takes what the write before says, for the page that shows it; nil in a write
}

type visitKey struct{}

func (v *visit) ctx() context.Context { return v.r.Context() }

// model finds a model that the person may view by its route, exactly spelled.
func (v *visit) model(route string) (record.ModelView, bool) {
	for _, m := range v.models {
		if m.Model.Route == route && m.Actions&access.View != 0 {
			return m, true
		}
	}
	return record.ModelView{}, false
}

// byName is model by the model's name.
func (v *visit) byName(name string) (record.ModelView, bool) {
	for _, m := range v.models {
		if m.Model.Name == name && m.Actions&access.View != 0 {
			return m, true
		}
	}
	return record.ModelView{}, false
}

// handler is a page for somebody signed in; an error it returns becomes the error page, nothing having been written.
type handler func(w http.ResponseWriter, v *visit) error

// page registers a route for people who are signed in. Others are asked to sign in and come back to a GET afterwards.
// While an administrator views as somebody, there is only what seen and own register.
func (s *Server) page(pattern string, h handler) { s.signed(pattern, openToSelf, h) }

// seen is page for what can also be looked at through another person's eyes.
func (s *Server) seen(pattern string, h handler) { s.signed(pattern, openToEyes, h) }

// own is page for acts on the session itself, which are possible whoever it views as.
func (s *Server) own(pattern string, h handler) { s.signed(pattern, openAlways, h) }

func (s *Server) signed(pattern string, open openness, h handler) {
	s.handle(pattern, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.signedIn(w, r, open, h) }))
}

// admin is page for administrators; for everybody else there is nothing at the address.
func (s *Server) admin(pattern string, h handler) {
	s.page(pattern, func(w http.ResponseWriter, v *visit) error {
		if !v.who.Admin {
			return errNoPage
		}
		return s.confirming(pattern, h)(w, v)
	})
}

// superHandler is a handler for a super admin at work.
type superHandler func(w http.ResponseWriter, v *visit, by identity.Super) error

// super is page for super admins, who may be in no tenant; for everybody else there is nothing at the address.
func (s *Server) super(pattern string, h superHandler) {
	s.signed(pattern, openToSuper, func(w http.ResponseWriter, v *visit) error {
		if s.Console == nil || !v.session.Account.Super {
			return errNoPage
		}
		by, err := s.Identity.Super(v.ctx(), v.token, s.ClientIP(v.r))
		if err != nil {
			return err
		}
		return s.confirming(pattern, func(w http.ResponseWriter, v *visit) error { return h(w, v, by) })(w, v)
	})
}

// managed is page for those who may do this to an internal model; for everybody else there is nothing at the address.
func (s *Server) managed(pattern, internal string, a access.Action, h handler) {
	s.page(pattern, func(w http.ResponseWriter, v *visit) error {
		if !v.who.Manages(internal, a) {
			return errNoPage
		}
		return s.confirming(pattern, h)(w, v)
	})
}

// either is managed for any kind of app.
func (s *Server) either(pattern string, a access.Action, h handler) {
	s.page(pattern, func(w http.ResponseWriter, v *visit) error {
		if !v.who.Manages(access.OAuthClient, a) && !v.who.Manages(access.PrivateApp, a) {
			return errNoPage
		}
		return h(w, v)
	})
}

// open registers a route that also works without a sign-in. Its handler sees to its own CSRF token.
func (s *Server) open(pattern string, h func(w http.ResponseWriter, r *http.Request) error) {
	s.handle(pattern, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := h(w, r); err != nil {
			s.fail(w, r, err)
		}
	}))
}

// openForm registers a form that works with and without a sign-in, with the token of either.
func (s *Server) openForm(pattern string, h http.Handler) {
	s.open(pattern, func(w http.ResponseWriter, r *http.Request) error {
		if err := parseForm(r); err != nil {
			return err
		}
		sent := r.PostForm.Get(kit.CSRFField)
		ok := sameToken(browserCSRF(s.cookies.get(r, s.cookies.browser)), sent)
		if v, err := s.visitTo(r, openAlways); err == nil {
			ok = ok || v.session.CheckCSRF(sent)
		}
		if !ok {
			return errCSRF
		}
		h.ServeHTTP(w, r)
		return nil
	})
}

var errCSRF = fault.New(fault.Forbidden, "%s", problemOf(problemFormOld).Text)

func (s *Server) signedIn(w http.ResponseWriter, r *http.Request, open openness, h handler) {
	v, err := s.visitTo(r, open)
	switch {
	case fault.Is(err, fault.Unauthenticated):
		s.askSignIn(w, r)
		return
	case err != nil:
		s.fail(w, r, err)
		return
	}
	v.r = r.WithContext(context.WithValue(r.Context(), visitKey{}, v))
	if r.Method == http.MethodPost {
		if err := parseForm(v.r); err != nil {
			s.fail(w, v.r, err)
			return
		}
		sent := v.r.PostForm.Get(kit.CSRFField)
		if sent == "" {
			sent = v.r.Header.Get(kit.CSRFHeader)
		}
		if !v.session.CheckCSRF(sent) {
			s.fail(w, v.r, errCSRF)
			return
		}
	}
	if s.barred(w, v, open) {
		return
	}
	if r.Method != http.MethodPost {
		v.flash = func() []kit.Toast { return s.takeFlash(w, r) }
	}
	if err := h(w, v); err != nil {
		s.fail(w, v.r, err)
	}
}

// visit reads who sent the request, and as whom; fault.Unauthenticated where nobody did.
func (s *Server) visit(r *http.Request) (*visit, error) { return s.visitTo(r, openToEyes) }

func (s *Server) visitTo(r *http.Request, open openness) (*visit, error) {
	token := s.cookies.get(r, s.cookies.session)
	if token == "" {
		return nil, fault.New(fault.Unauthenticated, "Sign in to go on.")
	}
	session, who, err := s.Identity.Session(r.Context(), token, "")
	if err != nil {
		return nil, err
	}
	v := &visit{r: r, token: token, session: session, who: who, self: who}
	if err := s.look(v); open == openAlways {
		return v, nil // whatever is wrong with it keeps nobody from stopping or signing out
	} else if err != nil {
		if err := s.endView(v, err); err != nil {
			return nil, err
		}
	}
	if v.who.Tenant != "" {
		if v.models, err = s.Gate.Models(r.Context(), v.who); err != nil {
			return nil, err
		}
	}
	return v, nil
}

// askSignIn leads to the sign-in page, which leads back to where the person wanted to go.
func (s *Server) askSignIn(w http.ResponseWriter, r *http.Request) {
	back := ""
	if uri := r.URL.RequestURI(); r.Method == http.MethodGet && len(uri) < 2000 {
		back = localPath(uri)
	}
	s.goSignIn(w, r, back)
}

// goSignIn leads to the sign-in page, and from there to a path of this server. The path travels in a cookie, which no link can set.
func (s *Server) goSignIn(w http.ResponseWriter, r *http.Request, back string) {
	if back != "" {
		s.cookies.set(w, s.cookies.back, encodeCookie(back), 15*time.Minute)
	}
	http.Redirect(w, r, "/signin", http.StatusSeeOther)
}

func parseForm(r *http.Request) error {
	err := r.ParseForm()
	if media, _, bad := mime.ParseMediaType(r.Header.Get("Content-Type")); err == nil && bad == nil && media == "multipart/form-data" {
		err = r.ParseMultipartForm(maxForm) // the body is no larger, so that nothing of it goes to the disk
	}
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return fault.New(fault.TooLarge, "The form is larger than %d kB. Send less, or a smaller file.", large.Limit/1024)
	case err != nil:
		return fault.New(fault.Invalid, "The form could not be read.")
	}
	for _, values := range r.PostForm {
		for _, v := range values {
			if !utf8.ValidString(v) || strings.Contains(v, "\x00") { // which not every database can store
				return fault.New(fault.Invalid, "The form holds something that is not text.")
			}
		}
	}
	return nil
}
