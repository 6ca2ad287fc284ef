package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"

	"mandorla/internal/app"
	"mandorla/internal/doctor"
	"mandorla/internal/fault"
)

type doctorCmd struct {
	storeFlags
	URL         string `name:"url" help:"Address of the MCP server. Default: that of the installation whose data is here." placeholder:"URL"`
	Origin      string `help:"Origin of the server; its MCP server is then examined." env:"MANDORLA_ORIGIN" placeholder:"URL"`
	Client      string `help:"OAuth client ID whose authorization is tried, as far as a stranger can." placeholder:"ID"`
	SecretStdin bool   `name:"secret-stdin" help:"Read the client's secret from the first line of standard input, and check it."`
	Redirect    string `help:"Where the assistant wants to be answered. Default: Claude's address." placeholder:"URL"`
	JSON        bool   `name:"json" help:"Print JSON."`
}

// unhealthy is the end of an examination that found something; all has been said.
type unhealthy struct{ failed int }

func (u unhealthy) Error() string {
	if u.failed == 1 {
		return "1 check failed."
	}
	return fmt.Sprintf("%d checks failed.", u.failed)
}

// Run examines the installation and prints a line for each check, and what to do where one failed. The status is then 1.
func (c *doctorCmd) Run(env *environment) error {
	address, err := c.address(env)
	if err != nil {
		return err
	}
	o := doctor.Options{
		URL: address, Client: c.Client, Redirect: c.Redirect,
		HTTP: env.HTTP, Lookup: net.DefaultResolver.LookupHost, Dial: new(net.Dialer).DialContext, Now: env.Now,
	}
	if c.SecretStdin {
		if c.Client == "" {
			return fault.New(fault.Invalid, "--secret-stdin goes with --client: a secret is checked together with its client.")
		}
		line, err := bufio.NewReader(env.Stdin).ReadString('\n')
		if o.Secret = strings.TrimRight(line, "\r\n"); o.Secret == "" {
			return fault.Wrap(fault.Invalid, err, "There was no secret on the first line of standard input.")
		}
	}
	results := doctor.Examine(env.Ctx, o)
	if c.JSON {
		out := json.NewEncoder(env.Stdout)
		out.SetEscapeHTML(false)
		err = out.Encode(struct {
			URL     string          `json:"url"`
			Healthy bool            `json:"healthy"`
			Checks  []doctor.Result `json:"checks"`
		}{address, doctor.Healthy(results), results})
	} else {
		err = printResults(env.Stdout, address, results)
	}
	if err != nil {
		return err
	}
	failed := 0
	for _, r := range results {
		if r.State == doctor.Failed {
			failed++
		}
	}
	if failed > 0 {
		return unhealthy{failed}
	}
	return nil
}

var stateMarks = map[doctor.State]string{doctor.OK: "✓", doctor.Note: "!", doctor.Failed: "✗", doctor.Skipped: "–"}

func printResults(w io.Writer, address string, results []doctor.Result) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", address)
	for _, r := range results {
		fmt.Fprintf(&b, "%s %-18s %s\n", stateMarks[r.State], r.Check, r.Saw)
		for _, more := range []struct{ label, text string }{{"why", r.Cause}, {"do", r.Fix}} {
			if more.text != "" {
				fmt.Fprintf(&b, "  %18s %s\n", more.label, more.text)
			}
		}
	}
	if doctor.Healthy(results) {
		b.WriteString("\nNothing is in an assistant's way.\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// address is what to examine: as given, or what the server whose data is here was last started with.
func (c *doctorCmd) address(env *environment) (string, error) {
	switch {
	case c.URL != "":
		return c.URL, nil
	case c.Origin != "":
		return strings.TrimSuffix(c.Origin, "/") + app.PathMCP, nil
	}
	cfg, err := c.config(env)
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(filepath.Join(cfg.DataDir, "mandorla.db")); err != nil && cfg.DB == "" { // it would be made
		return "", fault.New(fault.Invalid, "There is no installation in %s. Say what to examine: --url https://crm.example.com/v1/mcp.", cfg.DataDir)
	}
	var origin string
	err = c.open(env, func(ctx context.Context, a *app.App) error {
		var err error
		origin, err = a.LastOrigin(ctx)
		return err
	})
	if err != nil {
		return "", err
	}
	return origin + app.PathMCP, nil
}
