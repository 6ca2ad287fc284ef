package transfer

import (
	"context"
	"errors"
	"fmt"
	"io"

	"mandorla/internal/access"
	"mandorla/internal/fault"
	"mandorla/internal/record"
)

// Gate is what an import needs of package record.
type Gate interface {
	Upsert(ctx context.Context, p access.Principal, w record.Write) (*record.Result, record.Outcome, error)
}

// Import is one run over one file.
type Import struct {
	Gate     Gate
	As       access.Principal
	Model    string
	Mapping  Mapping
	Fixed    map[string]any // values that every row gets
	DryRun   bool
	Progress func(Summary)       // after each row; may be nil
	Report   func(Refused) error // for each refused row; may be nil
}

// Summary counts rows.
type Summary struct {
	Created, Updated, Unchanged, Refused int
}

// Rows is how many rows were read.
func (s Summary) Rows() int { return s.Created + s.Updated + s.Unchanged + s.Refused }

// Refused is a row that was not taken, and why.
type Refused struct {
	Line   int
	Title  string // what identifies the row to a person
	Reason string
}

// Run upserts every row, each in its own transaction: a run that was stopped is repeated as it is, and what is already there
// stays unchanged. Without the import switch it is fault.Forbidden. Bad rows are reported and counted; only a failure of the platform itself ends the run.
func (im Import) Run(ctx context.Context, r *Reader) (Summary, error) {
	var sum Summary
	if err := im.As.MayChange(); err != nil {
		return sum, err
	}
	if im.As.Switches&access.SwitchImport == 0 {
		return sum, fault.New(fault.Forbidden, "You may not import files. Ask an administrator to turn on Import in your role.")
	}
	for {
		row, err := r.Next()
		if errors.Is(err, io.EOF) {
			return sum, nil
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return sum, err
		}
		outcome, err := im.row(ctx, row)
		switch {
		case err != nil && stops(err):
			return sum, fmt.Errorf("row at line %d: %w", row.Line, err)
		case err != nil:
			sum.Refused++
			if err := im.refuse(row, err); err != nil {
				return sum, err
			}
		default:
			sum.count(outcome)
		}
		if im.Progress != nil {
			im.Progress(sum)
		}
	}
}

// stops reports whether the error is the platform's rather than the row's.
func stops(err error) bool {
	switch fault.KindOf(err) {
	case fault.Internal, fault.Unavailable, fault.Unauthenticated:
		return true
	default:
		return false
	}
}

func (im Import) row(ctx context.Context, row Row) (record.Outcome, error) {
	if row.Err != nil {
		return "", row.Err
	}
	values := im.Mapping.Values(row.Cells)
	for name, v := range im.Fixed {
		values[name] = v
	}
	_, outcome, err := im.Gate.Upsert(ctx, im.As, record.Write{Model: im.Model, Values: values, DryRun: im.DryRun})
	return outcome, err
}

func (im Import) refuse(row Row, why error) error {
	if im.Report == nil {
		return nil
	}
	reason, _ := fault.Safe(why)
	title := ""
	if len(row.Cells) > 0 {
		title = row.Cells[0]
		if len(row.Cells) > 1 {
			title += ", " + row.Cells[1]
		}
	}
	return im.Report(Refused{Line: row.Line, Title: title, Reason: reason})
}

func (s *Summary) count(o record.Outcome) {
	switch o {
	case record.Created:
		s.Created++
	case record.Updated:
		s.Updated++
	case record.Unchanged:
		s.Unchanged++
	}
}
