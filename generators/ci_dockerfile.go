package generators

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/innovate-inc/genops/schema"
)

// user is the user and group of programs (schema: workload.user). It has no entry in /etc/passwd and owns no file: nothing of the image can be
// changed by the program.
const user = "10001:10001"

// dockerfile builds the image of a program in two stages: compilers, caches and what only the build needs stay in the first.
func dockerfile(b *schema.BuildSpec, notice string) []byte {
	port := strconv.Itoa(b.Port)
	command, err := json.Marshal(b.Command)
	if err != nil {
		panic(err) // A list of strings always encodes.
	}
	var lines []string
	switch b.Language {
	case schema.LanguageNode:
		lines = []string{
			"FROM " + b.Base + " AS build",
			"WORKDIR /app",
			"COPY package.json package-lock.json ./",
			"RUN npm ci",
			"COPY . .",
			"RUN npm run build --if-present && npm prune --omit=dev",
			"",
			"FROM " + b.Base,
			"ENV NODE_ENV=production PORT=" + port,
			"WORKDIR /app",
			"COPY --from=build /app /app",
		}
	default:
		lines = []string{
			"FROM " + b.Base + " AS build",
			"WORKDIR /app",
			"RUN python -m venv /opt/venv",
			"ENV PATH=/opt/venv/bin:$PATH",
			"COPY requirements.txt ./",
			"RUN pip install --no-cache-dir --disable-pip-version-check --requirement requirements.txt",
			"COPY . .",
			"",
			"FROM " + b.Base,
			"# The file system is read-only when it runs: no byte code is written, and gunicorn's heartbeat goes to memory.",
			"ENV PATH=/opt/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 GUNICORN_CMD_ARGS=--worker-tmp-dir=/dev/shm PORT=" + port,
			"WORKDIR /app",
			"COPY --from=build /opt/venv /opt/venv",
			"COPY --from=build /app /app",
		}
	}
	lines = append(lines, "USER "+user, "EXPOSE "+port, "CMD "+string(command))
	return []byte(comment(notice) + strings.Join(lines, "\n") + "\n")
}

// dockerignore keeps out of the image what is no part of the program, above all what may hold secrets.
func dockerignore(b *schema.BuildSpec, notice string) []byte {
	names := []string{".git", ".github", ".gitignore", ".dockerignore", "Dockerfile", "**/.env", "**/.env.*", "**/*.key", "**/*.pem", "**/.aws"}
	switch b.Language {
	case schema.LanguageNode:
		names = append(names, "**/node_modules", "coverage")
	default:
		names = append(names, "**/__pycache__", "**/*.pyc", ".venv", "venv", ".pytest_cache")
	}
	return []byte(comment(notice) + strings.Join(names, "\n") + "\n")
}

// comment makes lines of comments.
func comment(text string) string {
	return "# " + strings.ReplaceAll(text, "\n", "\n# ") + "\n"
}
