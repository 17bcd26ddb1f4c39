# The grader with this course, for whoever grades: docs/docker.md has the flags with which its sandbox works.
FROM debian:bookworm-slim

RUN apt-get update \
 && apt-get install --yes --no-install-recommends python3 python3-venv bubblewrap \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --create-home --uid 1000 clinic \
 && python3 -m venv /venv
ENV PATH=/venv/bin:$PATH
WORKDIR /course

# What is large is installed before the grader's code is there, so that a change of it does not fetch TensorFlow again.
COPY pyproject.toml constraints.txt README.md LICENSE ./
RUN mkdir grader && touch grader/__init__.py \
 && pip install --no-cache-dir --constraint constraints.txt --editable .

COPY grader grader
COPY docs docs
COPY exercises exercises
COPY solutions solutions

USER clinic
ENTRYPOINT ["python", "-m", "grader"]
CMD ["--help"]
