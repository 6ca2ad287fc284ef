package record

import "strings"

// nearest finds the name closest to what was written: the same without case, else by edit distance of at most a third of its length.
func nearest(written string, names []string) (string, bool) {
	if len(written) > 80 {
		return "", false
	}
	w := strings.ToLower(written)
	best, bestDist := "", max(1, len(w)/3)+1
	for _, name := range names {
		n := strings.ToLower(name)
		if n == w {
			return name, true
		}
		if d := editDistance(w, n); d < bestDist {
			best, bestDist = name, d
		}
	}
	return best, best != ""
}

// editDistance counts the insertions, deletions and replacements between two words, in bytes.
func editDistance(a, b string) int {
	prev := make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	cur := make([]int, len(b)+1)
	for i := 1; i <= len(a); i++ {
		cur[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			cur[j] = min(prev[j]+1, cur[j-1]+1, prev[j-1]+cost)
		}
		prev, cur = cur, prev
	}
	return prev[len(b)]
}
