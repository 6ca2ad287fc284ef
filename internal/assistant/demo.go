package assistant

import (
	"context"
	"net/http"
	"net/url"

	"mandorla/internal/fault"
)

// Demo is what a demo installation tells programs on its own machine, so that a first question needs no flags.
type Demo struct {
	Demo         bool   `json:"demo"`
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret"`
	Login        string `json:"login"`
	Password     string `json:"password"`
}

// FindDemo asks a server on this machine whether it is a demo; nil if it is none. A server elsewhere is never asked.
func FindDemo(ctx context.Context, c *http.Client, server string) (*Demo, error) {
	endpoint, err := Endpoint(server)
	if err != nil {
		return nil, err
	}
	if u, err := url.Parse(endpoint); err != nil || !loopback(u.Hostname()) {
		return nil, nil
	}
	d := &Demo{}
	found, err := getJSON(ctx, direct(c), Origin(endpoint)+"/demo.json", d)
	switch {
	case fault.Is(err, fault.Invalid): // some other program's page
		return nil, nil
	case err != nil:
		return nil, err
	case !found || !d.Demo || d.ClientID == "":
		return nil, nil
	}
	return d, nil
}
