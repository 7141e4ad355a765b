"""Finds the places in Swift code whose arithmetic may trap. For Scripts/arithmetic."""
import re

integer = r"(?:U?Int(?:8|16|32|64|128)?)"
# Words before an opening bracket or a minus that are no operands.
keywords = "return|in|case|let|var|if|guard|while|where|else|try|await|throw|is|as|switch|inout"

# Calls that trap if their number is negative or too large.
counted = (
    r"prefix|suffix|dropFirst|dropLast|removeFirst|removeLast|reserveCapacity|repeating:.*, count: |unsafeUninitializedCapacity: |"
    r"advanced\(by: |offsetBy: |allocate\(capacity: |count: ")

rules = [
    ("binary", re.compile(r"(?<=[\w)\]}!?\"])\s(?:\+|-|\*|/|%|<<)\s(?=\S)")),
    ("assignment", re.compile(r"\s(?:\+=|-=|\*=|/=|%=|<<=)\s")),
    ("negation", re.compile(r"(?:(?<=[(\[,:=?&|<>{]\s)|(?<=[(\[])|(?<=return\s)|(?<=in\s))-(?=[A-Za-z_(])")),
    ("abs", re.compile(r"(?<![\w.])abs\(")),
    ("conversion", re.compile(rf"(?<![\w.]){integer}\((?!\w+:)(?![\d_]+\)|0x[\da-fA-F_]+\)|\))")),
    ("range", re.compile(r"[\w)\]](?:\.\.<|\.\.\.)(?=[\w(])|[\[( ](?:\.\.<|\.\.\.)(?=[\w(])|[\w)](?:\.\.\.)(?=[\])])")),
    ("count", re.compile(r"\.(?:prefix|suffix|dropFirst|dropLast|removeFirst|removeLast|reserveCapacity)\((?=[\w(])(?!while:|where:|\d+\))")),
    ("count", re.compile(r"repeating: [^,]+, count: (?!\d)")),
]


# Text that can be copied unchanged: nothing in it opens or closes anything.
ordinary = re.compile(r"[^\"/#()\[\]{}\\*]+")


def strip(text):
    """The code line by line, without comments and with empty texts. Code inside `\\(…)` stays, in brackets."""
    output = []
    # For each open literal: (number of #, whether it has several lines, bracket depth of its interpolation or None).
    stack = []
    position, length, depth, comment = 0, len(text), 0, 0
    while position < length:
        character = text[position]
        if comment:
            if text.startswith("/*", position):
                comment, position = comment + 1, position + 2
            elif text.startswith("*/", position):
                comment, position = comment - 1, position + 2
            else:
                output.append("\n" if character == "\n" else " ")
                position += 1
            continue
        if stack and stack[-1][2] is None:
            hashes, many, _ = stack[-1]
            end = ('"""' if many else '"') + "#" * hashes
            if text.startswith(end, position):
                stack.pop()
                output.append('"')
                position += len(end)
            elif text.startswith("\\" + "#" * hashes + "(", position):
                stack[-1] = (hashes, many, depth)
                depth += 1
                output.append("(")
                position += 2 + hashes
            elif character == "\\" and not hashes:
                output.append("")
                position += 2
            else:
                if character == "\n":
                    output.append("\n")
                position += 1
            continue
        run = ordinary.match(text, position)
        if run:
            output.append(run.group())
            position = run.end()
            continue
        if text.startswith("//", position):
            position = text.find("\n", position)
            position = length if position < 0 else position
            continue
        if text.startswith("/*", position):
            comment, position = 1, position + 2
            continue
        pattern = re.match(r"#+/.*?/#+|#*\"(?:\"\")?", text[position:position + 400])
        if pattern and pattern.group().startswith("#") and pattern.group().strip("#").startswith("/"):
            output.append('""')
            position += len(pattern.group())
            continue
        if pattern and not (character == "#" and '"' not in pattern.group()):
            opening = pattern.group()
            hashes = opening.count("#")
            many = opening.endswith('"""')
            if opening.endswith('"') and opening.count('"') == 1 or many:
                stack.append((hashes, many, None))
                output.append('"')
                position += len(opening)
                continue
        if character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
            if stack and stack[-1][2] == depth:
                hashes, many, _ = stack[-1]
                stack[-1] = (hashes, many, None)
                output.append(")")
                position += 1
                continue
        output.append(character)
        position += 1
    return "".join(output).split("\n")


literal = re.compile(r"^-?(?:0x[\da-fA-F_]+|\d[\d_]*(?:\.\d+)?(?:e-?\d+)?)$")


def operand_before(code, position):
    """The word before a position, or the whole bracketed part if a bracket ends there."""
    end = position
    start = end
    depth = 0
    while start > 0:
        character = code[start - 1]
        if character in ")]":
            depth += 1
        elif character in "([":
            if depth == 0:
                break
            depth -= 1
        elif depth == 0 and not (character.isalnum() or character in '_.?!"$'):
            break
        start -= 1
    return code[start:end]


def operand_after(code, position):
    end, depth = position, 0
    while end < len(code):
        character = code[end]
        if character in "([":
            depth += 1
        elif character in ")]":
            if depth == 0:
                break
            depth -= 1
        elif depth == 0 and not (character.isalnum() or character in '_.?!"$-' and not (character == "-" and end > position)):
            break
        end += 1
    return code[position:end]


class Names:
    """The types of a file's names, from their declarations. Texts and lists are joined, not added; floating-point
    numbers do not trap; positions that a search found are inside the searched text."""

    def __init__(self, code):
        texts = r'(?:\[|"|String\b|Substring\b|Array\(|Data\b)'
        self.joined = set(re.findall(rf"\b(\w+)\s*:\s*(?:inout |borrowing |some )?{texts}", code))
        self.joined |= set(re.findall(rf"\b(?:let|var) (\w+) = {texts}", code))
        self.joined |= set(re.findall(rf"\bfunc (\w+)[^\n]*-> {texts}", code))
        numbers = set(re.findall(rf"\b(\w+)\s*:\s*(?:inout )?{integer}\b", code))
        self.joined -= numbers
        self.floating = set(re.findall(r"\b(\w+)\s*:\s*(?:Double|Float)\b", code)) - numbers
        search = r"(?:first|last)Index\(|index\(after|index\(before|index\(of|range\(of|firstRange\(|firstMatch\("
        self.found = set(re.findall(rf"\b(?:let|var) (\w+) = [^\n]*?(?:{search})", code))

    def is_joined(self, word):
        """`word` may be a call or a member. Its last name counts."""
        if word.startswith(('"', "[")) and not word.startswith("[(") or word.endswith('"'):
            return True
        if re.search(r"\.(?:utf8|utf16|unicodeScalars|encoded\(\)|string|array|bytes|text|arguments|joined\(.*\))$", word):
            return True
        return self.last(word) in self.joined or word.startswith(("Array(", "String("))

    def is_floating(self, word):
        return word.startswith(("Double(", "Float(")) or self.last(word) in self.floating or re.match(r"^\d+\.\d+$", word)

    def is_found(self, word):
        return word == "" or self.last(word) in self.found or bool(
            re.search(r"(?:Bound|startIndex|endIndex|index\(after: .*\)|index\(before: .*\)|\w\.count)$", word)) or bool(literal.match(word))

    @staticmethod
    def last(word):
        bare = re.sub(r"\([^()]*\)|\[[^\[\]]*\]", "", re.sub(r"\([^()]*\)", "", word)).rstrip("?!")
        return bare.rsplit(".", 1)[-1]


def is_count(word):
    return word.endswith(".count") or bool(literal.match(word))


def is_harmless(kind, code, match, names):
    before = operand_before(code, match.start())
    after = operand_after(code, match.end())
    if kind == "binary":
        operator = match.group().strip()
        if literal.match(before) and literal.match(after):
            return True
        if operator == "+" and (names.is_joined(before) or names.is_joined(after)):
            return True
        if operator != "<<" and (names.is_floating(before) or names.is_floating(after)):
            return True
        # The depth of a reader in a document. The parser limits it.
        if operator == "+" and before in ("depth", "level") and after == "1":
            return True
        # A division by a literal, or its remainder: only -2^63 / -1 and zero trap.
        if operator in "/%" and literal.match(after) and not after.startswith("-"):
            return True
        # The count of a collection in memory plus a literal cannot overflow.
        return operator in "+-" and is_count(before) and is_count(after)
    if kind == "assignment":
        operator = match.group().strip()
        if operator == "+=" and (names.is_joined(before) or names.is_joined(after) or after == "1"):
            return True
        if names.is_floating(before) or names.is_floating(after):
            return True
        return operator in ("/=", "%=") and bool(literal.match(after))
    if kind == "conversion":
        return is_optional(code, match)
    if kind == "range":
        inner = match.group()
        loop = re.search(r"for \w+ in $", code[:match.start()].rsplit("0", 1)[0]) if inner.startswith("0") else None
        if loop and (after.endswith(".count") or literal.match(after)):
            return True
        left, right = operand_before(code, match.start() + 1), after
        if literal.match(left) and (literal.match(right) or right.startswith(".max")):
            return True
        # A slice between positions found in the same text, or a list of arguments.
        if after == "" and re.search(r":\s*(?:\([^()]*\)|[A-Z]\w*)$", code[:match.end() - 3]):
            return True
        one_sided = left == "" or right == ""
        return one_sided and names.is_found(left) and names.is_found(right)
    if kind == "count":
        return is_count(after.rstrip(")")) or bool(re.match(r"[\w.]*?(?:limit|most|max)\w*$", after, re.IGNORECASE))
    return False


def is_optional(code, match):
    """Whether the conversion is from a text, as far as its use shows: the result is unwrapped."""
    before = code[:match.start()]
    depth, end = 1, match.end()
    while end < len(code) and depth:
        depth += {"(": 1, ")": -1}.get(code[end], 0)
        end += 1
    if re.match(r"\s*\?\?|\s*\)?\s*\?\?", code[end:]):
        return True
    if re.search(r"(?:if|guard|while|,)\s+(?:let|var|case)\s+[\w?]+\s*(?::\s*[\w.]+)?\s*=\s*$", before):
        return True
    return bool(re.search(r"(?:flatMap|compactMap)\s*\{\s*(?:\w+ in )?$", before))


def places(text):
    """(number, code, kinds) of each line that may trap."""
    originals = text.split("\n")
    stripped_text = strip(text)
    names = Names("\n".join(stripped_text))
    for index, code in enumerate(stripped_text):
        stripped = code.strip()
        if not stripped or stripped.startswith(("@", "import ", "#")):
            continue
        kinds = []
        for kind, pattern in rules:
            for match in pattern.finditer(code):
                if kind not in kinds and not is_harmless(kind, code, match, names):
                    kinds.append(kind)
        if kinds:
            yield index + 1, originals[index].strip().replace("\t", " "), kinds


def self_test(root):
    """Checks that exactly the sample's lines that end with `// flagged` are found."""
    sample = (root / "Scripts/lib/arithmetic.sample").read_text()
    wanted = {number for number, line in enumerate(sample.split("\n"), 1) if line.rstrip().endswith("// flagged")}
    found = {number for number, _, _ in places(sample)}
    for number in sorted(wanted ^ found):
        state = "not found" if number in wanted else "found although it is safe"
        print(f"Scripts/lib/arithmetic.sample:{number}: {state}: {sample.split(chr(10))[number - 1].strip()}")
    return 1 if wanted != found else 0
