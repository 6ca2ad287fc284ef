package main

import (
	"fmt"
	"time"

	"mandorla/internal/app"
)

type serveCmd struct {
	storeFlags
	Addr         string        `help:"Address to listen on." default:"127.0.0.1:8080" env:"MANDORLA_ADDR" placeholder:"HOST:PORT"`
	Origin       string        `help:"Address under which browsers and assistants reach this server, such as https://crm.example.com. Default: http:// and the address." env:"MANDORLA_ORIGIN" placeholder:"URL"`
	SMTP         string        `name:"smtp" help:"Mail server for invitations and password resets: smtps://user:password@host:465, or smtp://user:password@host:587 for STARTTLS. Default: no mail; administrators copy links." env:"MANDORLA_SMTP" placeholder:"URL"`
	MailFrom     string        `help:"Address that mail comes from, such as crm@example.com." env:"MANDORLA_MAIL_FROM" placeholder:"ADDRESS"`
	TrustedProxy []string      `help:"Address or network of a proxy in front of this server, whose X-Forwarded-For is believed. May be repeated." env:"MANDORLA_TRUSTED_PROXY" placeholder:"CIDR"`
	AccessLife   time.Duration `help:"Life of an access token, 10m to 24h." default:"8h" env:"MANDORLA_ACCESS_LIFE"`
	CallLimit    int           `help:"Calls that one person through one app, or one private app, may make in ten seconds; what is more is answered 429. 0: no limit." default:"200" env:"MANDORLA_CALL_LIMIT" placeholder:"CALLS"`
}

// Run serves until an interrupt. It prints where it listens, and how to make the first administrator where there is none.
func (c *serveCmd) Run(env *environment) error {
	cfg, err := c.config(env)
	if err != nil {
		return err
	}
	if cfg.TrustedProxies, err = app.ParseProxies(c.TrustedProxy); err != nil {
		return err
	}
	l, err := app.Listen(c.Addr)
	if err != nil {
		return err
	}
	defer l.Close()
	if cfg.Origin = c.Origin; cfg.Origin == "" {
		cfg.Origin = "http://" + l.Addr().String()
	}
	cfg.AccessLife, cfg.CallLimit, cfg.SMTP, cfg.MailFrom = c.AccessLife, c.CallLimit, c.SMTP, c.MailFrom
	a, err := app.Open(env.Ctx, cfg, env.deps())
	if err != nil {
		return err
	}
	defer a.Close()
	if err := notDemo(env.Ctx, a); err != nil {
		return err
	}
	tenants, err := a.Store.Tenants(env.Ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(env.Stdout, "Mandorla at %s\nMCP server %s/v1/mcp\n", cfg.Origin, cfg.Origin)
	if len(tenants) == 0 {
		fmt.Fprintln(env.Stdout, "There is nobody yet. Make the first tenant and its administrator (another terminal, the same --data or --db):")
		fmt.Fprintln(env.Stdout, `  mandorla user add --create-tenant "Acme Inc" --email you@example.com --name "Your Name" --role Administrator`)
	}
	fmt.Fprintln(env.Stdout, "ready")
	return a.Serve(env.Ctx, l)
}
