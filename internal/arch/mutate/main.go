// Command mutate proves that the tests of a package notice when its code is wrong. It makes many small mistakes
// in the package (mutants: an `if` dropped, a comparison flipped, an early return …), runs the tests that reach each,
// and fails when a mutant that allowed.txt does not excuse survives them. `make prove` runs it; nothing imports it.
//
// All mutants of a package are compiled into one test binary, each behind a switch that an environment variable
// turns on: one build instead of hundreds. The sources stay as they are; the build reads an overlay.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"time"
)

func main() {
	verbose := flag.Bool("v", false, "print every mutant and what killed it")
	allowed := flag.String("allowed", "internal/arch/mutate/allowed.txt", "the mutants that no test can tell from the original")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: mutate [-v] [-allowed FILE] PACKAGE…")
		flag.PrintDefaults()
	}
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	clean, err := prove(ctx, *allowed, flag.Args(), *verbose)
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutate:", err)
	}
	if err != nil || !clean {
		stop()
		os.Exit(1) //nolint:gocritic // stop has run
	}
}

// prove prints a summary line per package and says whether nothing survived but what is allowed.
func prove(ctx context.Context, allowedFile string, packages []string, verbose bool) (bool, error) {
	allowed, err := readAllowed(allowedFile)
	if err != nil {
		return false, err
	}
	clean := true
	for _, path := range packages {
		start := time.Now()
		p, err := load(ctx, path)
		if err != nil {
			return false, fmt.Errorf("load %s: %w", path, err)
		}
		if err := p.prove(ctx); err != nil {
			return false, fmt.Errorf("prove %s: %w", path, err)
		}
		clean = report(p, allowed, verbose, time.Since(start)) && clean
	}
	return clean, nil
}

func report(p *subject, allowed allowances, verbose bool, took time.Duration) bool {
	killed, excused, survivors := 0, 0, 0
	for _, m := range p.mutants {
		switch excuse := allowed.use(m.name); {
		case m.killer != "":
			killed++
			if verbose {
				fmt.Printf("killed   %s   by %s\n", m.name, m.killer)
			}
			if excuse {
				fmt.Printf("EXCUSED FOR NOTHING, a test notices it: %s\n", m.name)
				survivors++
			}
		case excuse:
			excused++
		default:
			survivors++
			fmt.Printf("SURVIVOR line %d: %s   (%d tests reach it)\n", m.line, m.name, len(m.reachedBy))
		}
	}
	for _, name := range allowed.unused(p.path) {
		fmt.Printf("EXCUSED, BUT NO SUCH MUTANT: %s\n", name)
		survivors++
	}
	fmt.Printf("%s: %d mutants, %d killed, %d equivalent, %d survivors, %.0f s\n",
		p.path, len(p.mutants), killed, excused, survivors, took.Seconds())
	return survivors == 0
}
