package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/term"

	"mandorla/internal/assistant"
	"mandorla/internal/assistant/planner"
	"mandorla/internal/fault"
)

const demoServer = "http://127.0.0.1:8080"

type askCmd struct {
	Server           string   `help:"Origin of the server, or the address of its MCP endpoint." default:"http://127.0.0.1:8080" env:"MANDORLA_SERVER" placeholder:"URL"`
	ClientID         string   `name:"client-id" help:"OAuth client from the App Center, with the redirect URL http://127.0.0.1/callback. A demo on this machine brings its own." placeholder:"ID"`
	ClientSecretFile string   `help:"File with the client's secret, - for standard input; a public client has none." placeholder:"FILE"`
	Login            string   `help:"Sign in with this e-mail address instead of in a browser." placeholder:"EMAIL"`
	PasswordFile     string   `help:"File with the password for --login, - for standard input." placeholder:"FILE"`
	JSON             bool     `name:"json" help:"Print question, plan, answer, columns, rows and total as JSON."`
	Verbose          bool     `short:"v" help:"Print each step taken, and what was seen."`
	Question         []string `arg:"" help:"The question, such as \"list the companies where Carly is the owner\"."`
}

// askError carries the exit status: 2 for the words of the command line, 3 for authorization.
type askError struct {
	code int
	err  error
}

func (e *askError) Error() string { return e.err.Error() }
func (e *askError) Unwrap() error { return e.err }
func (e *askError) ExitCode() int { return e.code }

func usage(format string, args ...any) error {
	return &askError{2, fault.New(fault.Invalid, format, args...)}
}

// Run answers the question: it connects as any assistant would, and shows what the tools gave.
func (c *askCmd) Run(env *environment) error {
	err := c.run(env.Ctx, env)
	if fault.Is(err, fault.Unauthenticated) || fault.Is(err, fault.Forbidden) {
		return &askError{3, err}
	}
	return err
}

func (c *askCmd) run(ctx context.Context, env *environment) error {
	var trace assistant.Trace
	if c.Verbose {
		trace = func(step string) { fmt.Fprintln(env.Stderr, "·", step) }
	}
	o := assistant.Options{Server: c.Server, HTTP: env.HTTP, Now: env.Now, Random: env.Rand, Trace: trace}
	if env.ConfigDir != "" {
		o.Files = &assistant.TokenFiles{Dir: filepath.Join(env.ConfigDir, "mandorla", "tokens")}
	}
	password, err := c.credentials(ctx, env, &o)
	if err != nil {
		return err
	}
	connector, err := assistant.New(o)
	if err != nil {
		return &askError{2, err}
	}
	if o.Login != "" {
		w := &assistant.Walker{HTTP: env.HTTP, Server: connector.Endpoint(), Login: o.Login, Password: password, Trace: trace}
		connector.OnVisit(w.Visit)
	} else {
		connector.OnVisit(browse(env))
	}
	session, err := connector.Connect(ctx)
	if err != nil {
		return err
	}
	defer session.Close()
	p := planner.Planner{Caller: session, Now: env.Now}
	answer, err := p.Ask(ctx, strings.Join(c.Question, " "))
	if u := planner.Unread(err); u != nil {
		return unread(u)
	}
	if err != nil {
		return err
	}
	return c.print(env.Stdout, answer)
}

// unread puts each example on a line of its own.
func unread(u *planner.Unreadable) error {
	msg := u.Msg
	if len(u.Examples) > 0 {
		msg += " Try for example:\n  " + strings.Join(u.Examples, "\n  ")
	}
	return fault.New(fault.Invalid, "%s", msg)
}

// credentials fills in client and login, from the flags or from a demo on this machine.
func (c *askCmd) credentials(ctx context.Context, env *environment, o *assistant.Options) (password string, err error) {
	switch {
	case c.ClientSecretFile != "" && c.ClientID == "":
		return "", usage("--client-secret-file needs --client-id.")
	case c.Login == "" && c.PasswordFile != "":
		return "", usage("--password-file needs --login.")
	case c.Login != "" && c.PasswordFile == "":
		return "", usage("--login needs --password-file; leave both out to sign in with a browser.")
	case c.ClientSecretFile == "-" && c.PasswordFile == "-":
		return "", usage("Only one of --client-secret-file and --password-file can be standard input.")
	}
	if _, err := assistant.Endpoint(c.Server); err != nil {
		return "", &askError{2, err}
	}
	o.Login, o.Client.ID = c.Login, c.ClientID
	if c.PasswordFile != "" {
		if password, err = readSecret(env, "password", c.PasswordFile); err != nil {
			return "", err
		}
	}
	if c.ClientSecretFile != "" {
		o.Client.Secret, err = readSecret(env, "client secret", c.ClientSecretFile)
		return password, err
	}
	if c.ClientID != "" {
		return password, nil
	}
	return c.demo(ctx, env, o, password)
}

// demo takes the client, and without a login the person, that a demo on this machine offers.
func (c *askCmd) demo(ctx context.Context, env *environment, o *assistant.Options, password string) (string, error) {
	d, err := assistant.FindDemo(ctx, env.HTTP, c.Server)
	switch {
	case fault.Is(err, fault.Unavailable) && c.Server == demoServer && ctx.Err() == nil:
		return "", fault.Wrap(fault.Unavailable, err, "Nothing answers at %s. Start a demo with “mandorla demo”, or name a server with --server.", demoServer)
	case err != nil:
		return "", err
	case d == nil:
		return "", usage("%s is not a demo on this machine, so it needs to know which app is asking: make an OAuth client in its App Center with the redirect URL http://127.0.0.1/callback, then give --client-id and --client-secret-file.", c.Server)
	}
	o.Client = assistant.Client{ID: d.ClientID, Secret: d.ClientSecret}
	if o.Login == "" {
		o.Login, password = d.Login, d.Password
	}
	if o.Trace != nil {
		o.Trace(fmt.Sprintf("GET %s/demo.json → a demo; its client %s and the login %s are used", assistant.Origin(c.Server), d.ClientID, o.Login))
	}
	return password, nil
}

// readSecret reads the first line of a file.
func readSecret(env *environment, what, name string) (string, error) {
	var b []byte
	var err error
	if name == "-" {
		b, err = io.ReadAll(io.LimitReader(env.Stdin, 64<<10))
	} else {
		b, err = os.ReadFile(name)
	}
	if err != nil {
		return "", usage("The file with the %s cannot be read: %v.", what, err)
	}
	line, _, _ := strings.Cut(string(b), "\n")
	if line = strings.TrimRight(line, "\r"); line == "" {
		return "", usage("The file with the %s, %s, has nothing in its first line.", what, name)
	}
	return line, nil
}

// browse shows the authorization page to a person. The page is opened once beforehand, so that a wrong client is told here.
func browse(env *environment) assistant.Visit {
	return func(ctx context.Context, address, _ string) error {
		if err := assistant.Preflight(ctx, env.HTTP, address); err != nil {
			return err
		}
		fmt.Fprintf(env.Stderr, "To go on, authorize in your browser:\n\n  %s\n\n", address)
		if env.OpenBrowser == nil {
			return nil
		}
		if err := env.OpenBrowser(address); err != nil {
			fmt.Fprintln(env.Stderr, "No browser could be opened; open the page yourself.")
		}
		return nil
	}
}

func (c *askCmd) print(w io.Writer, a *planner.Answer) error {
	if c.JSON {
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		return enc.Encode(a)
	}
	text := assistant.Plain(a.Answer) + "\n"
	if !a.Said && len(a.Rows) > 0 && len(a.Columns) > 0 {
		table, hidden := layout(a, terminalWidth(w))
		text += "\n" + table
		if hidden > 0 {
			text += fmt.Sprintf("\n%d more columns do not fit here; --json has them all.\n", hidden)
		}
	}
	_, err := io.WriteString(w, text)
	return err
}

// layout makes a table of the rows, or of the values of the one record.
func layout(a *planner.Answer, width int) (string, int) {
	if a.Single {
		var rows [][]string
		for i, name := range a.Columns {
			rows = append(rows, []string{a.Labels[i], planner.Text(a.Rows[0][name])})
		}
		return assistant.Table([]string{"Property", "Value"}, rows, nil, width)
	}
	right := make([]bool, len(a.Columns))
	rows := make([][]string, len(a.Rows))
	for i, rec := range a.Rows {
		for k, name := range a.Columns {
			_, number := rec[name].(float64)
			right[k] = right[k] || number
			rows[i] = append(rows[i], planner.Text(rec[name]))
		}
	}
	return assistant.Table(a.Labels, rows, right, width)
}

// terminalWidth gives the columns of the terminal, 100 where the output goes elsewhere.
func terminalWidth(w io.Writer) int {
	const elsewhere = 100
	f, ok := w.(*os.File)
	if !ok {
		return elsewhere
	}
	if width, _, err := term.GetSize(int(f.Fd())); err == nil && width >= 20 {
		return width
	}
	return elsewhere
}
