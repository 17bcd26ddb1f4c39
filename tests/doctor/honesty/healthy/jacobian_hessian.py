"""Newton's method and Jacobians: persistent tapes, jacobian, hessian-vector products, convergence to an optimum."""
import numpy as np
import tensorflow as tf

tf.keras.utils.set_random_seed(211)
matrix = tf.constant([[3.0, 0.5, 0.0], [0.5, 2.0, 0.3], [0.0, 0.3, 1.5]])
offset = tf.constant([1.0, -2.0, 0.5])
x = tf.Variable([2.0, 2.0, 2.0])


def objective(value):
    quadratic = 0.5 * tf.tensordot(value, tf.linalg.matvec(matrix, value), 1)
    return quadratic - tf.tensordot(offset, value, 1)


def newton_step():
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            value = objective(x)
        gradient = inner.gradient(value, x)
    hessian = outer.jacobian(gradient, x)
    x.assign_sub(tf.linalg.solve(hessian, gradient[:, None])[:, 0])
    return value, gradient


for step in range(4):
    value, gradient = newton_step()
    print(step, float(value), float(tf.norm(gradient)))
assert np.allclose(matrix.numpy() @ x.numpy(), offset.numpy(), atol=1e-4)

with tf.GradientTape(persistent=True) as tape:
    tape.watch(offset)
    features = tf.sin(tf.linalg.matvec(matrix, offset))
    energy = tf.reduce_sum(features**2)
slope = tape.gradient(energy, offset)
jacobian = tape.jacobian(features, offset)
del tape
print(slope.numpy(), jacobian.shape)


def hessian_vector_product(vector):
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            value = objective(x)
        gradient = inner.gradient(value, x)
        projected = tf.reduce_sum(gradient * vector)
    return outer.gradient(projected, x)


direction = tf.constant([1.0, 0.0, -1.0])
print(np.allclose(hessian_vector_product(direction).numpy(), (matrix.numpy() @ direction.numpy()), atol=1e-4))
