package web_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"mandorla/internal/testkit"
)

// upload sends a file as a browser does. name and media are what the sender says about it.
func (b *browser) upload(path string, fields url.Values, name, media string, file []byte) page {
	b.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for field, values := range fields {
		for _, v := range values {
			if err := w.WriteField(field, v); err != nil {
				b.t.Fatal(err)
			}
		}
	}
	head := textproto.MIMEHeader{"Content-Type": {media}}
	head["Content-Disposition"] = []string{`form-data; name="logo"; filename="` + strings.NewReplacer("\r", "%0D", "\n", "%0A", `"`, "%22").Replace(name) + `"`}
	part, err := w.CreatePart(head)
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := part.Write(file); err != nil {
		b.t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		b.t.Fatal(err)
	}
	r := b.request(http.MethodPost, path, nil)
	again, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, r.URL.String(), &body)
	if err != nil {
		b.t.Fatal(err)
	}
	again.Header = r.Header
	again.Header.Set("Content-Type", w.FormDataContentType())
	return b.do(again)
}

func redPNG(t *testing.T, w, h int) []byte {
	t.Helper()
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for i := range w * h {
		m.Set(i%w, i/w, color.NRGBA{0xd0, 0x20, 0x30, 0xff})
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

var logoImage = regexp.MustCompile(`<img class="head-logo" src="(/logos/[^"]+)"`)

// withLogo is an administrator whose client's General tab is open, and the form that takes a logo.
func withLogo(t *testing.T, s *testkit.Server) (ada *browser, path string, form url.Values) {
	t.Helper()
	ada, path = newBrowser(t, s.URL).signIn(person(t, "Ada")), "/apps/"+s.Client.ID
	return ada, path, ada.get(path).want(t, http.StatusOK, "Upload logo").form(t, path+"/logo")
}

// shownLogo gives the address of the logo on a client's pages, "" for none.
func shownLogo(b *browser, path string) string {
	if m := logoImage.FindStringSubmatch(b.get(path).body); m != nil {
		return m[1]
	}
	return ""
}

// set uploads what must be taken and gives the bytes that are served, under the headers that they need.
func setLogo(t *testing.T, s *testkit.Server, ada *browser, path string, form url.Values, name, media string, file []byte) (address string, served []byte) {
	t.Helper()
	ada.follow(ada.upload(path+"/logo", form, name, media, file).want(t, http.StatusSeeOther)).want(t, http.StatusOK, "Logo saved")
	address = shownLogo(ada, path)
	p := newBrowser(t, s.URL).raw(address).want(t, http.StatusOK)
	for header, want := range map[string]string{
		"Content-Type": "image/png", "X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
		"Content-Disposition": `inline; filename="logo.png"`, "Set-Cookie": "",
	} {
		if got := p.header.Get(header); got != want {
			t.Errorf("%s: %q, want %q", header, got, want)
		}
	}
	if size, err := png.DecodeConfig(strings.NewReader(p.body)); err != nil || size.Width != size.Height || size.Width > 256 {
		t.Errorf("served %+v, %v", size, err)
	}
	return address, []byte(p.body)
}

func refusedLogo(t *testing.T, ada *browser, path string, form url.Values, status int, says, media string, file []byte) {
	t.Helper()
	before := shownLogo(ada, path)
	ada.upload(path+"/logo", form, "logo.png", media, file).want(t, status, says)
	if after := shownLogo(ada, path); after != before {
		t.Errorf("the logo changed from %q to %q", before, after)
	}
}

func logoScript(t *testing.T, s *testkit.Server) {
	ada, path, form := withLogo(t, s)
	for _, svg := range []string{
		`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>`,
		`<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg xmlns="http://www.w3.org/2000/svg"><text>&x;</text></svg>`,
		`<svg xmlns="http://www.w3.org/2000/svg"><foreignObject><iframe src="javascript:alert(1)"/></foreignObject><use href="data:,x"/><style>@import "//evil.test"</style></svg>`,
	} {
		for _, media := range []string{"image/svg+xml", "image/png"} {
			refusedLogo(t, ada, path, form, http.StatusUnprocessableEntity, "Choose a PNG, JPEG, GIF or WebP picture.", media, []byte(svg))
		}
	}
}

func logoPolyglot(t *testing.T, s *testkit.Server) {
	ada, path, form := withLogo(t, s)
	refusedLogo(t, ada, path, form, http.StatusUnprocessableEntity, "not a picture that can be read", "image/png", []byte("<!doctype html><script>alert(1)</script>"))
	good := redPNG(t, 30, 30)
	refusedLogo(t, ada, path, form, http.StatusUnprocessableEntity, "not a picture that can be read", "image/png", good[:len(good)-20])
	refusedLogo(t, ada, path, form, http.StatusUnprocessableEntity, "Choose a picture first.", "image/png", nil)
	// The type is told by the bytes, and what comes after the picture is gone.
	_, served := setLogo(t, s, ada, path, form, "logo.html", "text/html", append(good, "<script>canary(1)</script>"...))
	if bytes.Contains(served, []byte("canary")) {
		t.Error("what was behind the picture is served")
	}
}

func logoBomb(t *testing.T, s *testkit.Server) {
	ada, path, form := withLogo(t, s)
	head := append([]byte("IHDR"), make([]byte, 13)...)
	binary.BigEndian.PutUint32(head[4:], 50_000)
	binary.BigEndian.PutUint32(head[8:], 50_000)
	head[12], head[13] = 8, 6
	bomb := binary.BigEndian.AppendUint32(append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d"), head...), crc32.ChecksumIEEE(head))
	refusedLogo(t, ada, path, form, http.StatusRequestEntityTooLarge, "50000 × 50000 pixels", "image/png", bomb)
	refusedLogo(t, ada, path, form, http.StatusRequestEntityTooLarge, "larger than 512 kB", "image/png", append(redPNG(t, 9, 9), make([]byte, 513<<10)...))
	refusedLogo(t, ada, path, form, http.StatusRequestEntityTooLarge, "The form is larger than", "image/png", make([]byte, 2<<20))
	anim := &gif.GIF{}
	for range 1000 {
		anim.Image = append(anim.Image, image.NewPaletted(image.Rect(0, 0, 8, 8), color.Palette{color.Black}))
		anim.Delay = append(anim.Delay, 1)
	}
	var moving bytes.Buffer
	if err := gif.EncodeAll(&moving, anim); err != nil {
		t.Fatal(err)
	}
	setLogo(t, s, ada, path, form, "a.gif", "image/gif", moving.Bytes())
}

func logoFileName(t *testing.T, s *testkit.Server) {
	ada, path, form := withLogo(t, s)
	ada.upload(path+"/logo", form, "a\x00b.png", "image/png", redPNG(t, 9, 9)).want(t, http.StatusBadRequest, "could not be read")
	for i, name := range []string{"../../x", "x\r\nSet-Cookie: a=b", strings.Repeat("n", 4096) + ".png", "con", "\u202egnp.exe", `"><svg onload=1>`} {
		address, _ := setLogo(t, s, ada, path, form, name, "image/png", redPNG(t, 10+i, 10))
		if !regexp.MustCompile(`^/logos/pk_[\w-]+/[\w-]{43}\.png$`).MatchString(address) {
			t.Errorf("address %q", address)
		}
	}
}

func logoPosition(t *testing.T, s *testkit.Server) {
	ada, path, form := withLogo(t, s)
	var plain bytes.Buffer
	if err := jpeg.Encode(&plain, image.NewGray(image.Rect(0, 0, 20, 20)), nil); err != nil {
		t.Fatal(err)
	}
	exif := "Exif\x00\x00GPS 57.7089 N 11.9746 E"
	photo := append([]byte{0xff, 0xd8, 0xff, 0xe1, 0, byte(len(exif) + 2)}, exif...)
	_, served := setLogo(t, s, ada, path, form, "photo.jpg", "image/jpeg", append(photo, plain.Bytes()[2:]...))
	if bytes.Contains(served, []byte("GPS")) || bytes.Contains(served, []byte("Exif")) {
		t.Error("the position is still in the picture")
	}
}

func logoByURL(t *testing.T, s *testkit.Server) {
	ada, path, form := withLogo(t, s)
	form.Set("logo", "http://169.254.169.254/latest/meta-data")
	form.Set("url", "http://169.254.169.254/latest/meta-data")
	ada.post(path+"/logo", form).want(t, http.StatusUnprocessableEntity, "Choose a picture first.")
}

func logoOfAnother(t *testing.T, s *testkit.Server) {
	ada, path, form := withLogo(t, s)
	file := redPNG(t, 12, 12)
	before := shownLogo(ada, path)
	ada.upload("/apps/pk_of-another-tenant/logo", form, "x.png", "image/png", file).want(t, http.StatusNotFound)
	carly := newBrowser(t, s.URL).signIn(person(t, "Carly"))
	own := url.Values{"csrf": carly.get("/").form(t, "/signout")["csrf"]}
	carly.upload(path+"/logo", own, "x.png", "image/png", file).want(t, http.StatusNotFound)
	carly.post(path+"/logo/remove", own).want(t, http.StatusNotFound)
	ada.upload(path+"/logo", nil, "x.png", "image/png", file).want(t, http.StatusForbidden)
	ada.upload(path+"/logo", own, "x.png", "image/png", file).want(t, http.StatusForbidden)
	nobody := newBrowser(t, s.URL).upload(path+"/logo", form, "x.png", "image/png", file).want(t, http.StatusSeeOther)
	if to := nobody.header.Get("Location"); to != "/signin" {
		t.Errorf("nobody is led to %q", to)
	}
	r := ada.request(http.MethodPost, path+"/logo", nil)
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	r.Header.Set("Content-Type", "multipart/form-data; boundary=x")
	ada.do(r).want(t, http.StatusForbidden)
	if after := shownLogo(ada, path); after != before {
		t.Errorf("the logo changed from %q to %q", before, after)
	}
}

func logoAfterRemoval(t *testing.T, s *testkit.Server) {
	ada, path, form := withLogo(t, s)
	first, _ := setLogo(t, s, ada, path, form, "a.png", "image/png", redPNG(t, 21, 21))
	second, _ := setLogo(t, s, ada, path, form, "b.png", "image/png", redPNG(t, 22, 22))
	open := newBrowser(t, s.URL)
	open.raw(first).want(t, http.StatusNotFound)
	for _, wrong := range []string{"/logos/" + s.Client.ID + "/x.png", "/logos/pk_nobody/" + second[strings.LastIndex(second, "/")+1:], "/logos/" + s.Client.ID + "/" + strings.Repeat("A", 43), "/logos/%00/%00"} {
		open.raw(wrong).want(t, http.StatusNotFound)
	}
	// It is shown wherever the client is: the list, its pages, the authorization page.
	ada.get("/apps").want(t, http.StatusOK)
	_, asked := opened(t, s, "Carly", nil)
	for name, body := range map[string]string{"App Center": ada.get("/apps").body, "Permissions": ada.get(path + "/permissions").body, "authorization page": asked.body} {
		if !strings.Contains(body, `src="`+second+`"`) {
			t.Errorf("%s: no logo", name)
		}
	}
	ada.follow(ada.post(path+"/logo/remove", ada.get(path).form(t, path+"/logo/remove")).want(t, http.StatusSeeOther)).want(t, http.StatusOK, "Logo removed").not(t, "Remove logo")
	open.raw(second).want(t, http.StatusNotFound)
	if log := logged(t, s, "client.logo"); len(log) < 3 || !strings.HasPrefix(log[0], "client.logo_removed by Ada") {
		t.Errorf("the log has %v", log)
	}
}

// A logo stands wherever the client is listed: for its people, for tenants that use it, and for who operates the installation.
func TestLogoInLists(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	secondTenant(t, s, tess)
	publish(t, s, true)
	if err := s.OAuth.SetClientLogo(t.Context(), s.Admin, s.Client.ID, redPNG(t, 40, 40)); err != nil {
		t.Fatal(err)
	}
	s.Connect(t, person(t, "Carly"))
	connectAs(t, s, tess)
	c, err := s.OAuth.Client(t.Context(), s.Tenant, s.Client.ID)
	if err != nil || c.LogoHash == "" {
		t.Fatal(err)
	}
	address := `src="/logos/` + c.ID + "/" + c.LogoHash + `.png"`
	carly := newBrowser(t, s.URL).signIn(person(t, "Carly"))
	for path, b := range map[string]*browser{
		"/profile": carly, ownApplication(t, s, s.Person(t, person(t, "Carly")).Person): carly,
		"/apps": newBrowser(t, s.URL).signIn(tess), "/console/tenants/" + s.Tenant: newBrowser(t, s.URL).signIn(testkit.SuperLogin),
	} {
		if p := b.get(path).want(t, http.StatusOK, "Claude Connector"); !strings.Contains(p.body, address) {
			t.Errorf("%s does not show the logo", path)
		}
	}
}
