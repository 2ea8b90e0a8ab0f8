/** Words that docs/glossary.md rules out, as regular expressions without word boundaries, and what to write instead. */
export type Rule = { readonly match: string; readonly write: string; readonly matchCase?: true };

export const RULES: readonly Rule[] = [
  // Speech and senses for what a machine does
  { match: "told", write: "notified, reported, passed; of distinguishing: distinguished" },
  { match: "tellings?", write: "notification, notifying" },
  { match: "tells?", write: "notify, report, show; of distinguishing: distinguish" },
  { match: "hear|hears|heard", write: "receive, received, last activity" },
  { match: "belie(?:f|ve|ves|ved)", write: "trust, cache, treat as" },
  { match: "look(?:s|ed|ing)? whether", write: "check whether" },
  { match: "look(?:s|ed|ing)? at", write: "check, evaluate, read, open, see" },
  { match: "look(?:s|ed|ing)? again", write: "evaluate again, reevaluate" },
  { match: "blind|unseeing", write: "stale, not synced" },
  { match: "last words?|without a word|in words", write: "last activity; silently; description, text" },

  // Household nouns for technical things
  { match: "(?<!<|</)pictures?", write: "cache, state; of a page: screenshot" },
  { match: "ledgers?", write: "alert tracker" },
  { match: "lanes?", write: "receiver throttle" },
  { match: "books?", write: "cache" },
  { match: "(?<!real )(?<!end[ -]of[ -])life(?![ -]?(?:cycle|time))", write: "lifecycle, state, policy" },
  {
    match: "(?:a|an|the|its|long|longer|longest|no|one|own|each|whose|every) turns?",
    write: "batch, step, event-loop block",
  },
  { match: "find(?:s)? (?:a|no|its) place", write: "the limit is (not) reached" },
  { match: "births?", write: "creations" },
  { match: "culprits?", write: "failed container" },
  { match: "goodbye", write: "without closing" },
  { match: "yardstick", write: "reference" },
  { match: "may act", write: "may write" },

  // Terms of the field that exist
  { match: "hand(?:s|ed|ing)?[ -]?(?:over|out|overs|outs)", write: "claim, pull delivery, pass" },
  { match: "(?:give|gives|given|gave|giving)(?: \\w+)? back", write: "release, return, unacknowledge" },
  { match: "(?:go|goes|gone|going|went) away", write: "disconnect, clear, close, be removed" },
  { match: "come(?:s)? again|came again|coming again", write: "repeat, recur, be delivered again" },
  { match: "rewound|rewind", write: "rolled back" },
  { match: "live since", write: "synced since" },
  { match: "set ?backs?", write: "failures" },
  { match: "withdraw(?:s|n|al)?|withdrew", write: "clear, expire, delete" },
  { match: "(?:is|are|was|were|be|all) well(?= ?[.,;:)?\"'`—-]| and | or | again| for )", write: "healthy, normal" },
  { match: "MOST [A-Z]\\w+|LONGEST [A-Z]\\w+", write: "MAX_…", matchCase: true },

  // Dated or unidiomatic English
  { match: "mend(?:s|ed|ing)?", write: "fix, repair" },
  { match: "anew", write: "again, from the start, new" },
  { match: "who(?:so)?ever|to who|whom", write: "anyone who, or the noun: the caller, the user, the receiver" },
  { match: "of old(?= ?[.,;:)\"'`|]| and | is | are )", write: "legacy" },
  { match: "(?:is|are|was|were) to be", write: "must be, should be, will be" },
  { match: "shall", write: "must, should, will" },
  { match: "nobody is|nobody can|somebody|some one", write: "no one is, no one can, someone" },
  { match: "in all weathers", write: "under every fault" },
  { match: "all the same", write: "still, anyway" },
  { match: "who knows|nobody knows", write: "unknown" },
  { match: "besides?", write: "next to, together with, apart from, also" },
  { match: "so many(?! [^.;:]{0,80}\\bthat\\b)", write: "this many, a number of, up to N" },
  { match: "as ever|soon as ever", write: "as before, or nothing" },
  { match: "in (?:its|their) place(?! [oi]n)", write: "instead" },
  { match: "at (?:its|the|their) beginning", write: "at the start, first" },
  { match: "also (?:when|while|where|after|before|if)", write: "even when, even while; and when" },
  {
    match: "lies?(?= (?:in|on|at|beside|between|below|above|under|unread|about|outside|within))",
    write: "is in, is at",
  },
  { match: "since when|from when on", write: "the time since which; when … started" },
  { match: "be had", write: "be pulled, be obtained" },
  { match: "in vain", write: "without success" },
  { match: "half-way", write: "partway" },
  { match: "(?:good|counts?) for nothing", write: "without effect, useless, not counted" },
  { match: "whence|thereof|therein|thereby|wherein|whereupon|whereof|herein|upon which", write: "plain words" },
  {
    match: "whilst|amongst|amid|lest|till(?= (?:the|it|its|an?|then|now|they|that|one))|seldom|lately",
    write: "while, among, during, so that … not, until, rarely, recently",
  },
  { match: "that is none", write: "invalid, is not a …" },
  { match: "is no more(?! than)", write: "no longer exists" },
  { match: "(?:come|comes|came|coming|brought|brings?) to (?:an|its|their) end", write: "end, finish, complete" },
  { match: "what (?:\\w+ )?(?:came|comes|becomes?|became) of", write: "the outcome of, the result of" },
  { match: "in good order", write: "cleanly, normally" },
  { match: "but by", write: "except by, unless" },
  { match: "go(?:es)? by", write: "use, follow, pass, be sent over" },
  { match: "some \\d", write: "about …" },
  { match: "in mid(?= \\w)|in mid-", write: "in the middle of, during" },
  {
    match: "what (?:is|was|are|were) (?:no|none|not|over|gone)",
    write: "a noun: anything other than …, resolved alerts",
  },
  {
    match:
      "(?<!there )(?:is|are|was|were) no (?!longer|more|one|such|different|better|worse|other|reason|need|way|matter)\\w+",
    write: "is not a …",
  },
  { match: "what [\\w' ]{1,40} (?:makes?|made) of", write: "how … handles, the result of …" },
  { match: "the ones? before", write: "the previous one" },
  { match: "(?:says?|said|speaks?|spoke) (?:nothing )?of", write: "describe, report about" },
  { match: "(?:stands?|stood) (?:against|there|beside)", write: "is, protects against" },
  { match: "(?:goes|go|went|going) on(?! (?:to|the|a)\\b)", write: "continue" },
  { match: "befall|every so often|had its day", write: "plain words" },
  { match: ", for (?:it|they|there|he|she|we|you)", write: "because" },

  // Comments that begin in the middle of a sentence
  { match: "(?:Of|By|To|In|From|For|With) (?:what|whom|who|whose)", write: "begin with a noun", matchCase: true },
  {
    match: "(?<=/\\*\\* |// )(?:What(?! is wrong)|Who|Those|One that|Of which|By which)(?! [^.]*\\?)",
    write: "begin with a noun",
    matchCase: true,
  },
];

/** Fixed terms of others. A hit is allowed where its line, in a file below `path`, contains `text`. */
export const EXCEPTIONS: readonly { readonly path: string; readonly text: string; readonly reason: string }[] = [
  { path: "test/support/word-list.ts", text: "", reason: "the word list itself" },
  { path: "test/vocabulary.test.ts", text: "", reason: "the example of the test" },
];
