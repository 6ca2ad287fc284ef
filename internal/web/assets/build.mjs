// Copies what the pages load into dist/, under content-hash names, with a manifest.
// Run by `npm run build` after `npm ci`; plain Node, no bundler.
//
// A new icon: add its name (https://tabler.io/icons) to ICONS. A new script or
// stylesheet: put it in src/ and add a line to FILES.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync, existsSync } from "node:fs";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, gzipSync, constants } from "node:zlib";

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, "dist");
const npm = (path) => join(here, "node_modules", path);
const src = (path) => join(here, "src", path);

// Logical name -> source. Order matters: a stylesheet comes after the fonts it names.
const FILES = {
  "inter-latin.woff2": npm("@fontsource-variable/inter/files/inter-latin-wght-normal.woff2"),
  "inter-latin-ext.woff2": npm("@fontsource-variable/inter/files/inter-latin-ext-wght-normal.woff2"),
  "inter-greek.woff2": npm("@fontsource-variable/inter/files/inter-greek-wght-normal.woff2"),
  "inter-cyrillic.woff2": npm("@fontsource-variable/inter/files/inter-cyrillic-wght-normal.woff2"),
  "favicon.svg": src("favicon.svg"),
  "tabler.css": npm("@tabler/core/dist/css/tabler.min.css"),
  "tabler.js": npm("@tabler/core/dist/js/tabler.min.js"),
  "htmx.js": npm("htmx.org/dist/htmx.min.js"),
  "mandorla.css": src("mandorla.css"),
  "theme.js": src("theme.js"),
  "matrix.js": src("matrix.js"),
  "mandorla.js": src("mandorla.js"),
};

// Outline icons in the sprite, sorted. More than are used today: models, presets and custom fields choose among them.
const ICONS = `
activity adjustments-horizontal affiliate alarm alert-circle alert-triangle api app-window apps archive arrow-back-up
arrow-down arrow-left arrow-right arrow-up arrow-up-right arrows-sort at ban bell bolt book bookmark box brain
brand-github brand-google brand-openai brand-vscode briefcase bug building building-community building-factory-2
building-store bulb calendar calendar-due calendar-event calendar-time cash category certificate chart-bar chart-dots
chart-line chart-pie check checkbox checklist chevron-down chevron-left chevron-right chevron-up chevrons-left
chevrons-right circle circle-check circle-dashed circle-minus circle-off circle-plus circle-x circles clipboard
clipboard-list clock clock-hour-4 cloud cloud-off code columns-3 command copy corner-down-right cpu credit-card
currency-dollar database database-export database-import device-desktop device-floppy device-laptop dots dots-vertical
download edit eraser external-link eye eye-off file file-certificate file-export file-import file-invoice file-plus
file-search file-spreadsheet file-text files filter flag folder folder-plus folders forms gauge git-branch globe
grid-dots hand-stop hash headset heart heartbeat help-circle hierarchy-2 history history-toggle home hourglass id
id-badge-2 inbox info-circle key key-off layout-grid layout-list layout-sidebar license link list list-check
list-details list-numbers list-search lock lock-check lock-open login logout mail map-pin medal menu-2 message
message-2 message-circle message-plus messages mood-sad mood-smile moon news note notes numbers package packages
paperclip password-user pencil percentage phone phone-call pin pinned player-pause player-play player-stop plug
plug-connected plug-connected-x plus point presentation puzzle receipt recycle refresh report restore robot rotate
route rss scale school search selector send server settings share shield shield-check shield-lock shield-off shield-x
signature sitemap sort-a-z sort-ascending sort-descending sparkles speakerphone square square-check stack-2 star
stethoscope subtask sum sun switch-horizontal table table-export table-import tag target target-arrow terminal-2
text-size thumb-up ticket timeline toggle-right tool tools trash trending-down trending-up trophy truck-delivery
typography unlink upload user user-check user-circle user-off user-plus user-question user-shield user-x users
users-group users-plus variable versions wand webhook wifi-off world world-www writing x zoom-exclamation
`.trim().split(/\s+/);

function sprite() {
  const symbols = ICONS.map((name) => {
    const file = npm(`@tabler/icons/icons/outline/${name}.svg`);
    if (!existsSync(file)) throw new Error(`icon "${name}" is not in @tabler/icons`);
    const svg = readFileSync(file, "utf8");
    const body = svg.slice(svg.indexOf(">", svg.indexOf("<svg")) + 1, svg.lastIndexOf("</svg>"));
    return `<symbol id="${name}" viewBox="0 0 24 24">${body.replace(/\s*\n\s*/g, "")}</symbol>`;
  });
  return Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("\n")}</svg>\n`);
}

const manifest = { files: {}, icons: [...ICONS].sort() };

function emit(name, content) {
  const hash = createHash("sha256").update(content).digest("hex").slice(0, 12);
  const ext = extname(name);
  const hashed = `${name.slice(0, -ext.length)}-${hash}${ext}`;
  writeFileSync(join(dist, hashed), content);
  if (ext !== ".woff2") {
    writeFileSync(join(dist, hashed + ".gz"), gzipSync(content, { level: 9 }));
    writeFileSync(join(dist, hashed + ".br"),
      brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: content.length } }));
  }
  manifest.files[name] = hashed;
}

// url(asset:NAME) in our stylesheet becomes the hashed file beside it; source maps are not shipped.
function prepare(name, content) {
  if (!/\.(css|js)$/.test(name)) return content;
  let text = content.toString("utf8").replace(/\n?\/[/*][#@] sourceMappingURL=[^\n*]*(\*\/)?/g, "");
  text = text.replace(/url\(asset:([^)]+)\)/g, (_, asset) => {
    if (!manifest.files[asset]) throw new Error(`${name} names asset:${asset}, which is not in FILES before it`);
    return `url(${manifest.files[asset]})`;
  });
  // In a layer of its own, so that our rules win whatever their specificity.
  if (name === "tabler.css") text = `@layer tabler{${text.replace(/^@charset[^;]*;/, "")}}`;
  return Buffer.from(text);
}

mkdirSync(dist, { recursive: true });
for (const old of readdirSync(dist)) if (old !== ".keep") rmSync(join(dist, old));
for (const [name, source] of Object.entries(FILES)) emit(name, prepare(name, readFileSync(source)));
emit("icons.svg", sprite());
writeFileSync(join(dist, "manifest.json"), JSON.stringify(manifest, null, 1) + "\n");
console.log(`dist/: ${Object.keys(manifest.files).length} files, ${ICONS.length} icons`);
