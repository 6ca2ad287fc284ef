package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	"mandorla/internal/access"
	"mandorla/internal/app"
	"mandorla/internal/customfield"
	"mandorla/internal/fault"
	"mandorla/internal/model"
	"mandorla/internal/query"
	"mandorla/internal/record"
	"mandorla/internal/transfer"
)

type importCmd struct {
	storeFlags
	Model  string            `required:"" help:"The model to import into, such as Company."`
	Tenant string            `help:"The tenant, by name or id. Not needed where there is only one."`
	As     string            `help:"Import as this person, with their permissions. Default: the operator." placeholder:"EMAIL"`
	Map    map[string]string `mapsep:"," help:"Where columns go: 'Security=name,Symbol=externalId'. custom.NAME makes a custom text property."`
	Set    map[string]string `mapsep:"," help:"Values for every row: 'owner=carly@example.com,status=customer'."`
	Ignore []string          `help:"Columns to leave out."`
	DryRun bool              `help:"Check everything, change nothing."`
	Report string            `help:"File for the refused rows. Default: FILE.refused.csv, written only when there are any." placeholder:"FILE"`
	File   string            `arg:"" help:"CSV file in UTF-8 with a header."`
}

// Run imports the file and prints what happened to its rows; rows that were refused are listed in the report.
func (c *importCmd) Run(env *environment) error {
	in, err := os.Open(c.File)
	if err != nil {
		return fault.Wrap(fault.Invalid, err, "The file %s cannot be opened: %v.", c.File, cause(err))
	}
	defer in.Close()
	reader, err := transfer.NewReader(in)
	if err != nil {
		return err
	}
	cfg, err := c.config(env)
	if err != nil {
		return err
	}
	a, err := app.Open(env.Ctx, cfg, env.deps())
	if err != nil {
		return err
	}
	defer a.Close()
	run, err := c.prepare(env.Ctx, a, reader.Header)
	if err != nil {
		return err
	}
	refusals := &refusalFile{path: c.Report}
	if refusals.path == "" {
		refusals.path = c.File + ".refused.csv"
	}
	run.Report = refusals.add
	run.Progress = progress(env.Stderr)
	sum, err := run.Run(env.Ctx, reader)
	if closeErr := refusals.close(); err == nil {
		err = closeErr
	}
	c.summary(env.Stdout, sum, refusals)
	if err != nil {
		return fmt.Errorf("the import stopped after %d rows; run it again to go on: %w", sum.Rows(), err)
	}
	return nil
}

func (c *importCmd) summary(w io.Writer, sum transfer.Summary, refusals *refusalFile) {
	verb := ""
	if c.DryRun {
		verb = " (dry run: nothing was changed)"
	}
	fmt.Fprintf(w, "%d rows: %d created, %d updated, %d unchanged, %d refused%s\n", sum.Rows(), sum.Created, sum.Updated, sum.Unchanged, sum.Refused, verb)
	if sum.Refused > 0 {
		fmt.Fprintf(w, "The refused rows and their reasons are in %s\n", refusals.path)
	}
}

// prepare finds tenant, person, model, columns and fixed values, and makes the custom properties that the mapping names.
func (c *importCmd) prepare(ctx context.Context, a *app.App, header []string) (transfer.Import, error) {
	run := transfer.Import{Gate: a.Gate, DryRun: c.DryRun}
	p, err := a.CommandPrincipal(ctx, c.Tenant, c.As)
	if err != nil {
		return run, err
	}
	if p, err = c.customs(ctx, a, p); err != nil {
		return run, err
	}
	run.As = p
	view, err := a.Gate.Describe(ctx, p, c.Model)
	if err != nil {
		return run, err
	}
	run.Model = view.Model.Name
	if run.Fixed, err = c.fixed(ctx, a.Gate, p, view); err != nil {
		return run, err
	}
	run.Mapping, err = transfer.Match(header, view, transfer.Columns{Map: c.Map, Ignore: c.Ignore, Fixed: slices.Collect(maps.Keys(run.Fixed))})
	return run, err
}

// customs declares the custom properties that the mapping names and that are not there, as text. Only the operator and who may create custom fields may.
func (c *importCmd) customs(ctx context.Context, a *app.App, p access.Principal) (access.Principal, error) {
	for _, target := range c.Map {
		name, ok := strings.CutPrefix(target, "custom.")
		if !ok || !p.Manages(access.CustomField, access.Create) {
			continue
		}
		field := customfield.Field{Name: name, Kind: model.Text, Doc: "Imported from a file."}
		if err := a.Fields.Ensure(ctx, p, c.Model, field); err != nil {
			return p, err
		}
	}
	return a.CommandPrincipal(ctx, p.Tenant, c.As) // with the registry as it is now
}

// fixed turns --set into values; a person may be named by e-mail.
func (c *importCmd) fixed(ctx context.Context, gate *record.Service, p access.Principal, view record.ModelView) (map[string]any, error) {
	out := map[string]any{}
	for name, text := range c.Set {
		prop, ok := view.Model.Property(name)
		if ok && prop.To == "User" && strings.Contains(text, "@") {
			page, err := gate.List(ctx, p, record.ListRequest{Model: "User", Filter: query.Where("email", model.Eq, text), Select: []string{"email"}})
			if err != nil {
				return nil, err
			}
			if len(page.Rows) == 0 {
				return nil, fault.BadField("--set "+name, "there is nobody with the e-mail address %s.", text)
			}
			text = page.Rows[0].ID
		}
		if ok {
			name = prop.Name
		}
		out[name] = text
	}
	return out, nil
}

// progress prints a counter in place, every 50 rows.
func progress(w io.Writer) func(transfer.Summary) {
	return func(s transfer.Summary) {
		if n := s.Rows(); n%50 == 0 {
			fmt.Fprintf(w, "\r%d rows …", n)
		}
	}
}

// refusalFile lists refused rows; it is made with the first of them.
type refusalFile struct {
	path string
	file *os.File
	csv  *csv.Writer
}

func (r *refusalFile) add(row transfer.Refused) error {
	if r.file == nil {
		f, err := os.OpenFile(r.path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
		if err != nil {
			return fault.Wrap(fault.Invalid, err, "The report %s cannot be written: %v. Name another with --report.", r.path, cause(err))
		}
		r.file, r.csv = f, csv.NewWriter(f)
		if err := r.csv.Write([]string{"line", "row", "reason"}); err != nil {
			return err
		}
	}
	return r.csv.Write([]string{strconv.Itoa(row.Line), row.Title, row.Reason})
}

func (r *refusalFile) close() error {
	if r.file == nil {
		return nil
	}
	r.csv.Flush()
	if err := r.csv.Error(); err != nil {
		return fmt.Errorf("write %s: %w", r.path, err)
	}
	return r.file.Close()
}
