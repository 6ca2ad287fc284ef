package identity

import "strings"

// common holds stems of the passwords that people try first. What is left of a password after digits, punctuation and
// repetitions are taken off is looked up here, so that "Password1234!!!!!" is found too.
var common = words(`
password passw pass passwort contrasena motdepasse senha parola qwerty qwertyuiop qwertz azerty asdf asdfgh asdfghjkl zxcvbn
zxcvbnm qazwsx qazwsxedc letmein welcome admin administrator root user guest login master superman batman dragon monkey
football baseball soccer hockey basketball iloveyou sunshine princess shadow michael jordan hunter ranger buster tigger
charlie summer winter spring autumn secret trustno access hello freedom whatever starwars computer internet killer pepper
cheese cookie flower ginger hammer jessica jennifer joshua maggie matrix mustang ninja orange purple qwert silver
snoopy thunder changeme default temp test demo mandorla company customer manager correcthorsebatterystaple
abc abcd abcdef abcdefgh abcdefghijkl abcdefghijklmnop`)

func words(text string) map[string]bool {
	out := map[string]bool{}
	for _, w := range strings.Fields(text) {
		out[w] = true
	}
	return out
}

// commonPassword reports whether a password is made of one well-known word, one run of keys, or the person's own address.
func commonPassword(password, email string) bool {
	lower := strings.ToLower(password)
	local, domain, _ := strings.Cut(email, "@")
	host, _, _ := strings.Cut(domain, ".")
	for _, stem := range stems(lower) {
		if stem == "" || common[stem] {
			return true
		}
		for _, own := range []string{email, local, domain, host} {
			if own != "" && (stem == own || lower == own || stem == bare(own)) {
				return true
			}
		}
	}
	distinct := map[rune]bool{}
	for _, r := range lower {
		distinct[r] = true
	}
	return len(distinct) < 4 || straight(lower)
}

var leet = strings.NewReplacer("0", "o", "1", "i", "3", "e", "4", "a", "5", "s", "7", "t", "@", "a", "$", "s")

// filler is what people put before, after and between the words of a password.
const filler = "0123456789 !@#$%^&*()-_=+.,?"

// stems are what a password comes to without what was put around it: also without what stands between repetitions, as in
// "password password" and "Pa55word.Pa55word".
func stems(lower string) []string {
	trimmed := strings.Trim(lower, filler)
	return []string{unrepeat(trimmed), bare(trimmed), leet.Replace(unrepeat(trimmed)), bare(leet.Replace(trimmed))}
}

// bare is a word without filler and without repetitions of itself.
func bare(s string) string {
	return unrepeat(strings.Map(func(r rune) rune {
		if strings.ContainsRune(filler, r) {
			return -1
		}
		return r
	}, s))
}

// unrepeat takes "abcabcabc" to "abc".
func unrepeat(s string) string {
	for n := 1; n <= len(s)/2; n++ {
		if len(s)%n == 0 && strings.Repeat(s[:n], len(s)/n) == s {
			return s[:n]
		}
	}
	return s
}

// straight reports whether every character follows the one before in the alphabet, up or down.
func straight(s string) bool {
	for _, step := range []int{1, -1} {
		run := true
		for i := 1; i < len(s) && run; i++ {
			run = int(s[i])-int(s[i-1]) == step
		}
		if run {
			return true
		}
	}
	return false
}
