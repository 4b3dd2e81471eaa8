"""Real data to train on: the digits that come with the package, and MNIST from its files."""

from .digits import load_digits as load_digits
from .mnist import MNIST as MNIST
from .mnist import load_mnist as load_mnist
from .mnist import mnist_directory as mnist_directory
