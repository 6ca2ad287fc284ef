// Command mutate proves that the tests of a package notice when its code is wrong. It makes many small mistakes
// in the package (mutants: an `if` dropped, a comparison flipped, an early return …), runs the tests that reach each,
// and fails when a mutant that allowed.txt does not excuse survives them. `make prove` runs it; nothing imports it.
//
// All mutants of a package are compiled into one test binary, each behind a switch that an environment variable
// turns on: one build instead of hundreds. The sources stay as they are; the build reads an overlay. Of a test that takes
// long each subtest is run by itself, so that a mistake is tried by what reaches it and by nothing else.
//
// A mutant that survived can be tried again within a minute: -only names it, and -run the tests that are to notice it.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"time"
)

func main() {
	verbose := flag.Bool("v", false, "print every mutant and what killed it")
	allowed := flag.String("allowed", "internal/arch/mutate/allowed.txt", "the mutants that no test can tell from the original")
	only := flag.String("only", "", "a regular expression for the names of the mutants to try, which begin with the file's")
	tests := flag.String("run", "", "a regular expression for the names of the tests to ask")
	most := flag.Int("most", 0, "ask so many tests about each mutant and not PostgreSQL, for a first look; 0: all")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: mutate [-v] [-allowed FILE] [-only REGEXP] [-run REGEXP] [-most N] PACKAGE…")
		flag.PrintDefaults()
	}
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	clean, err := prove(ctx, *allowed, flag.Args(), narrow{*only, *tests, *most}, *verbose)
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutate:", err)
	}
	if err != nil || !clean {
		stop()
		os.Exit(1) //nolint:gocritic // stop has run
	}
}

// narrow is what the flags leave out, while somebody mends survivors.
type narrow struct {
	only, tests string
	most        int
}

// prove prints a summary line per package and says whether nothing survived but what is allowed.
func prove(ctx context.Context, allowedFile string, packages []string, n narrow, verbose bool) (bool, error) {
	allowed, err := readAllowed(allowedFile)
	if err != nil {
		return false, err
	}
	o := options{most: n.most, survived: func(m *mutant) {
		if _, excused := allowed[m.name]; !excused {
			fmt.Printf("not noticed, line %d: %s   (%d reach it)\n", m.line, m.name, len(m.reachedBy))
		}
	}}
	if o.only, err = regexp.Compile(n.only); err != nil {
		return false, err
	}
	if o.tests, err = regexp.Compile(n.tests); err != nil {
		return false, err
	}
	clean := true
	for _, path := range packages {
		start := time.Now()
		p, err := load(ctx, path)
		if err != nil {
			return false, fmt.Errorf("load %s: %w", path, err)
		}
		if err := p.prove(ctx, o); err != nil {
			return false, fmt.Errorf("prove %s: %w", path, err)
		}
		clean = p.report(allowed, verbose, n == (narrow{}), time.Since(start)) && clean
	}
	return clean, nil
}

// report prints what became of each mutant. Where all were tried by all tests, an excuse that excuses nothing counts as a survivor.
func (p *subject) report(allowed allowances, verbose, all bool, took time.Duration) bool {
	killed, hung, excused, survivors := 0, 0, 0, 0
	for _, m := range p.mutants {
		switch excuse := allowed.use(m.name); {
		case m.killer != "":
			killed++
			how := "killed"
			if m.hung {
				hung, how = hung+1, "hung"
			}
			if verbose {
				fmt.Printf("%-8s %s   by %s\n", how, m.name, m.killer)
			}
			if excuse {
				fmt.Printf("EXCUSED FOR NOTHING, a test notices it: %s   (%s)\n", m.name, m.killer)
				survivors++
			}
		case excuse:
			excused++
		default:
			survivors++
			fmt.Printf("SURVIVOR line %d: %s   (%d tests reach it)\n", m.line, m.name, len(m.reachedBy))
		}
	}
	if all {
		for _, name := range allowed.unused(p.path) {
			fmt.Printf("EXCUSED, BUT NO SUCH MUTANT: %s\n", name)
			survivors++
		}
	}
	fmt.Printf("%s: %d mutants, %d killed (%d by taking too long), %d equivalent, %d survivors, %.0f s\n",
		p.path, len(p.mutants), killed, hung, excused, survivors, took.Seconds())
	return survivors == 0
}
