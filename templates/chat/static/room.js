/** The room in the browser: sends what is typed, shows what arrives, and comes back when the connection is lost. */

const list = document.querySelector("#messages");
const form = document.querySelector("#say");
const input = document.querySelector("#text");
const sendButton = document.querySelector("#send");
const state = document.querySelector("#state");
const presence = document.querySelector("#presence");
const emptyMessage = document.querySelector("#message");

const firstDelayMs = 500;
const longestDelayMs = 15_000;
/** As many as the server remembers, and some that were read. */
const shownMessages = 500;

let socket = null;
let failures = 0;
let waiting = null;
/** Whoever reads further up stays there when something new comes. */
let followsEnd = true;

function connect() {
  clearTimeout(waiting);
  waiting = null;
  const address = new URL(form.dataset.socket, location.href);
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  address.searchParams.set("after", list.lastElementChild?.dataset.id ?? "");
  socket = new WebSocket(address);
  socket.addEventListener("open", () => {
    failures = 0;
    state.textContent = "";
    sendButton.disabled = false;
  });
  socket.addEventListener("message", ({ data }) => receive(JSON.parse(data)));
  socket.addEventListener("close", () => {
    sendButton.disabled = true;
    presence.textContent = "";
    state.textContent = "Connection lost. Trying again …";
    waiting = setTimeout(connect, nextDelayMs());
  });
}

/** Waits twice as long each time, and not as long as all the others: a server that is back must not meet them all at once. */
function nextDelayMs() {
  const delayMs = Math.min(longestDelayMs, firstDelayMs * 2 ** failures);
  failures++;
  return delayMs * (0.5 + Math.random() / 2);
}

function receive(event) {
  if ("online" in event) presence.textContent = event.online === 1 ? "Only you" : `${event.online} here`;
  else if ("problem" in event) state.textContent = event.problem;
  else show(event);
}

function show({ id, author, text, sentAt }) {
  // After a time without connection the server may send again what is here already.
  if ([...list.children].some((item) => item.dataset.id === id)) return;
  const item = emptyMessage.content.firstElementChild.cloneNode(true);
  item.dataset.id = id;
  item.classList.toggle("own", author === form.dataset.user);
  // As text and never as HTML: what others write is theirs.
  item.querySelector("b").textContent = author;
  item.querySelector(".text").textContent = text;
  item.querySelector("time").dateTime = sentAt;
  tellLocalTime(item);
  list.append(item);
  if (list.children.length > shownMessages) list.firstElementChild.remove();
  if (followsEnd || item.classList.contains("own")) showEnd();
}

function showEnd() {
  list.scrollTop = list.scrollHeight;
}

/** The server does not know the reader's time zone. */
function tellLocalTime(item) {
  const time = item.querySelector("time");
  time.textContent = new Date(time.dateTime).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const text = input.value.trim();
  if (text === "" || socket.readyState !== WebSocket.OPEN) return;
  socket.send(text);
  input.value = "";
  state.textContent = "";
});

addEventListener("online", () => {
  if (waiting !== null) connect();
});

list.addEventListener("scroll", () => {
  followsEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
});

// The keyboard of a phone takes half of the height.
new ResizeObserver(() => {
  if (followsEnd) showEnd();
}).observe(list);

for (const item of list.children) tellLocalTime(item);
connect();
