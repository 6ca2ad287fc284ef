// Command mandorla is the whole product in one binary: the platform, its demo, and the tools around it. Each subcommand is
// one file, cmd_<name>.go; this one parses the command line and turns errors into one sentence.
package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"mandorla/internal/fault"
)

// environment is what a subcommand may touch of the world outside.
type environment struct {
	Ctx         context.Context // cancelled by an interrupt
	Stdin       io.Reader
	Stdout      io.Writer
	Stderr      io.Writer
	Getenv      func(string) string
	ConfigDir   string // the user's configuration folder, "" where there is none
	HTTP        *http.Client
	Now         func() time.Time
	Rand        io.Reader
	OpenBrowser func(url string) error
}

type commandLine struct {
	Demo    demoCmd    `cmd:"" help:"Create and serve a demo tenant on this machine."`
	Serve   serveCmd   `cmd:"" help:"Serve the platform."`
	Ask     askCmd     `cmd:"" help:"Ask a question in plain words, through OAuth and MCP like any assistant."`
	Doctor  doctorCmd  `cmd:"" help:"Examine an installation from outside, as an assistant that connects would."`
	Explain explainCmd `cmd:"" help:"Say why somebody may or may not do something."`
	Import  importCmd  `cmd:"" help:"Create or update records from a CSV file."`
	User    userCmd    `cmd:"" help:"Tenants and the people in them."`
	Version versionCmd `cmd:"" help:"Print the version."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	configDir, err := os.UserConfigDir()
	if err != nil {
		configDir = ""
	}
	os.Exit(run(os.Args[1:], &environment{
		Ctx: ctx, Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Getenv: os.Getenv, ConfigDir: configDir,
		HTTP: &http.Client{Timeout: time.Minute}, Now: time.Now, Rand: rand.Reader, OpenBrowser: openBrowser,
	}))
}

// run is main with the world passed in; it gives the exit status: 0 fine, 1 failed, 2 the words of the command line are off.
func run(args []string, env *environment) int {
	var cl commandLine
	exited := -1
	parser, err := kong.New(&cl,
		kong.Name("mandorla"),
		kong.Description("A customer platform whose data an AI assistant can read and operate on safely."),
		kong.Writers(env.Stdout, env.Stderr),
		kong.Exit(func(code int) { exited = code }),
		kong.UsageOnError(),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
	)
	if err != nil {
		fmt.Fprintln(env.Stderr, "mandorla:", err)
		return 2
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	parsed, err := parser.Parse(args)
	if exited >= 0 {
		return exited
	}
	if err != nil {
		fmt.Fprintf(env.Stderr, "mandorla: %v. See mandorla --help.\n", err)
		return 2
	}
	if err := parsed.Run(env); err != nil {
		return report(env.Stderr, err)
	}
	return 0
}

// report prints one sentence about an error and gives the exit status it asks for, else 1.
func report(w io.Writer, err error) int {
	msg := err.Error()
	if fault.KindOf(err) != fault.Internal {
		msg, _ = fault.Safe(err)
	}
	fmt.Fprintln(w, "mandorla:", msg)
	var coded interface{ ExitCode() int }
	if errors.As(err, &coded) {
		return coded.ExitCode()
	}
	return 1
}

// openBrowser asks the desktop to open a page.
func openBrowser(url string) error {
	name, args := "xdg-open", []string{url}
	switch runtime.GOOS {
	case "darwin":
		name = "open"
	case "windows":
		name, args = "rundll32", []string{"url.dll,FileProtocolHandler", url}
	}
	return exec.Command(name, args...).Start() //nolint:gosec // a fixed program; the URL is one argument
}
