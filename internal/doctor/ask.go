package doctor

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// The names under which requests are sent. Claude calls the MCP server as claudeUser and everything else as pythonHTTPX.
const (
	ownAgent    = "Mozilla/5.0 (compatible; mandorla doctor)"
	claudeUser  = "Claude-User"
	pythonHTTPX = "python-httpx/0.28.1"
)

// bodyLimit is far above what a metadata document or an error page needs.
const bodyLimit = 1 << 20

// question is one request.
type question struct {
	method, url, agent string
	body, contentType  string
	accept             string
}

// answer is what came back, with the body read.
type answer struct {
	*http.Response
	text string
}

func (e *examination) ask(ctx context.Context, q question) (answer, error) {
	r, err := http.NewRequestWithContext(ctx, q.method, q.url, bytes.NewBufferString(q.body))
	if err != nil {
		return answer{}, err
	}
	if q.agent == "" {
		q.agent = ownAgent
	}
	r.Header.Set("User-Agent", q.agent)
	for name, value := range map[string]string{"Content-Type": q.contentType, "Accept": q.accept} {
		if value != "" {
			r.Header.Set(name, value)
		}
	}
	res, err := e.client.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, bodyLimit))
	return answer{res, string(text)}, err
}

// get reads a document.
func (e *examination) get(ctx context.Context, address string) (answer, error) {
	return e.ask(ctx, question{method: http.MethodGet, url: address, accept: "application/json"})
}

// post sends a form, as token endpoints take it.
func (e *examination) post(ctx context.Context, address, agent string, form url.Values) (answer, error) {
	return e.ask(ctx, question{
		method: http.MethodPost, url: address, agent: agent, body: form.Encode(), contentType: "application/x-www-form-urlencoded", accept: "application/json",
	})
}

// initialize is the first thing that an assistant says to an MCP server.
func (e *examination) initialize(ctx context.Context, agent string) (answer, error) {
	return e.ask(ctx, question{
		method: http.MethodPost, url: e.url.String(), agent: agent, contentType: "application/json", accept: "application/json, text/event-stream",
		body: `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"doctor","version":"1"}}}`,
	})
}

// brief says what an answer was, for people.
func (a answer) brief() string {
	kind, _, _ := strings.Cut(a.Header.Get("Content-Type"), ";")
	if kind == "" {
		kind = "nothing"
	}
	out := fmt.Sprintf("%d with %s", a.StatusCode, kind)
	if to := a.Header.Get("Location"); to != "" {
		out += " and leads to " + clip(to)
	}
	return out
}

// cause is the last part of a network error, which says it all.
func cause(err error) string {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	return clip(err.Error())
}

// clip keeps what a stranger sent short and on one line.
func clip(s string) string {
	s = strings.Join(strings.Fields(strings.ToValidUTF8(s, "")), " ")
	if runes := []rune(s); len(runes) > 200 {
		s = string(runes[:199]) + "…"
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return -1
		}
		return r
	}, s)
}
