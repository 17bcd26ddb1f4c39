# Every target sets up .venv by itself the first time.
.PHONY: demo test lint env goldens bench soak doctor-eval clean

demo:         ## the grader in two minutes: a broken notebook, a hint, its repair; then the doctor on a script
	@python3 bootstrap.py demo

test:         ## the whole suite
	@python3 bootstrap.py test

lint:         ## ruff and mypy
	@python3 bootstrap.py lint

env:          ## set up .venv with everything
	@python3 bootstrap.py env

goldens:      ## write what learners read into the golden files; review the diff like code
	@python3 bootstrap.py test --update-goldens

bench: env    ## latency and throughput beside plain nbconvert
	@.venv/bin/python benchmarks/latency.py
	@.venv/bin/python benchmarks/throughput.py
	@.venv/bin/python benchmarks/recorder.py

soak: env     ## what the suite samples, in full; hundreds of gradings in a row; a class of 200, killed and continued
	@.venv/bin/python -m pytest -m soak
	@.venv/bin/python -m tests.soak.gradings
	@.venv/bin/python -m tests.soak.served
	@.venv/bin/python -m tests.soak.class_of_200

doctor-eval: env  ## how good is the doctor: development set, honesty set
	@.venv/bin/python benchmarks/doctor_eval.py --unseen

clean:
	rm -rf .venv build *.egg-info
