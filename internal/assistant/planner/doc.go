// Package planner turns a plain question about records into tool calls, and their results into an answer: deterministic,
// offline and honest about what it cannot read. It is not a language model.
//
// It learns the models and properties of a connection from the server's own tools (list_models, describe_model), so it
// knows exactly what the connection may see, custom properties included. It must not know how a server is reached: calls go
// through [Caller], which package assistant and tests implement. Callers are the ask command and the assistant's built-in
// provider.
//
// # Grammar
//
// Words in capitals are read from the connection or from the question. Upper and lower case make no difference; "the",
// "all", "please" and the like may stand anywhere they would in English. Quotes keep words together: "Johnson and Johnson".
//
//	question  = "who am i"
//	          | ["list" | "show" | "find" | "which" | "what" …] [quantity] {adjective} MODELS {clause}
//	          | ("how many" | "count" | "number of") {adjective} MODELS {clause}
//	          | ["show" | "open" | "find" | "tell me about"] MODEL NAME             one record, all its values
//	          | ("what is" | "who is" | "when is" | "show") PROPERTY {"," PROPERTY} "of" [MODEL] NAME
//	          | ("list" | "show") PROPERTY {"," PROPERTY} "of" MODELS {clause}      chosen columns
//	          | "who owns" NAME
//	quantity  = "all" | NUMBER | ("top" | "first" | "bottom") NUMBER | NUMBER ("largest" | "smallest" | "newest" | "oldest")
//	adjective = "my" | NAME"'s" | "open" | "overdue" | "done" | OPTION | FLAG      open: neither done nor ignored
//	clause    = ["and" | "," | "where" | "with" | "that" | "which" | "who"] (condition | link | order | limit | search)
//	condition = PROPERTY [operator] VALUE {"or" VALUE}
//	          | PROPERTY "is" ["not"] "empty" | ("with" | "without") PROPERTY
//	          | NAME "is" ["not"] "the" PROPERTY | comparison NUMBER PROPERTY | ["not"] adjective
//	          | condition "or" condition
//	operator  = "is" ["not"] | "in" | "contains" | "starts with" | comparison | "between" VALUE "and" VALUE
//	comparison= "over" | "at least" | "under" | "at most" | ">" | ">=" | "<" | "<=" …
//	link      = ("of" | "at" | "for" | "from" | "work at" | "belonging to") [MODEL] NAME
//	          | ["not"] ("owned by" | "assigned to" | "managed by") NAME | NAME "owns" | "named" TEXT
//	order     = ("sorted by" | "ordered by" | "by") PROPERTY [direction] {"," PROPERTY [direction]} | "with the highest" PROPERTY
//	direction = "ascending" | "descending" | "highest first" | "lowest first" | "newest first" | "oldest first"
//	limit     = "limit" NUMBER
//	search    = ("matching" | "mentioning" | "about") TEXT
//	date      = 2026-12-31 | 2026-12 | 2026 | "december 2026" | "31 december 2026" | "q1 2027" | "today" | "tomorrow" | "yesterday"
//	          | ("this" | "next" | "last") ("week" | "month" | "quarter" | "year") | NUMBER "days ago" | "end of" the same units
//	period    = ("before" | "after" | "since" | "until" | "on" | "in") date | "between" date "and" date
//	          | "in the next" NUMBER ("days" | "weeks" | "months" | "years") | "in the last" NUMBER … | "more than" NUMBER "days ago"
//
// Conditions must all hold; "or" joins the two conditions beside it and binds tighter than "and". Every word of a question is
// used or the question is refused: nothing is skipped silently. Days are calendar days of the person who asks.
//
// # Names
//
// A NAME is looked up with list_records on the model the property refers to. A record with exactly that name wins, then those
// that contain it as whole words, then those that merely contain it. One is used; several are listed and the person is asked to be
// more exact; none is said. A 24-digit record id works in place of any name, and "me" is the person who is signed in.
package planner
